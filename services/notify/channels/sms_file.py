"""Reads the file with the SMS providers at start; every mistake is named as file:line. Called by settings.py.

Secrets never stand in the file: it names the variables that hold them.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from services.notify.channels.sms_forms import ProviderForm
from services.notify.channels.sms_http import PLACEHOLDER, PLACEHOLDERS, Answers, HttpProvider, HttpRequest
from services.notify.channels.twilio import NAME as TWILIO
from services.notify.channels.twilio import TwilioAccount
from shared.policy.page import Page, read_document
from shared.policy.plainyaml import Place

SecretOf = Callable[[str], str | None]
SmsProvider = TwilioAccount | HttpProvider
MOST_PROVIDERS = 10
PART = "providers"
_IN_HEADERS = ("id",)
_SECRET = re.compile(r"[\x20-\x7e]+")


def read(path: Path, twilio: TwilioAccount | None, secret_of: SecretOf) -> tuple[SmsProvider, ...]:
    """The providers in their order; raises PolicyError with every mistake."""
    return parse(read_document(path), str(path), twilio, secret_of)


def parse(text: str, file: str, twilio: TwilioAccount | None, secret_of: SecretOf) -> tuple[SmsProvider, ...]:
    page = Page.read(file, text)
    found: list[SmsProvider] = []
    names: dict[int, str] = {}
    for number, entry in _entries(page):
        provider = _provider(page, (PART, number), entry, twilio, secret_of)
        if provider:
            found.append(provider)
            names[number] = TWILIO if isinstance(provider, TwilioAccount) else provider.name
    page.each_name_once(PART, names)
    page.finish()
    return tuple(found)


def _entries(page: Page) -> list[tuple[int, Any]]:
    content = page.written.content
    top = content if isinstance(content, dict) else {}
    for name in top.keys() - {PART}:
        page.note((name,), f"is not known here; known: {PART}")
    listed = top.get(PART)
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_PROVIDERS:
        page.note((PART,) if PART in top else (), f"needs `{PART}`, a list of 1 to {MOST_PROVIDERS}")
        return []
    return list(enumerate(listed))


def _provider(
    page: Page, place: Place, written: Any, twilio: TwilioAccount | None, secret_of: SecretOf
) -> SmsProvider | None:
    """None if there is a mistake in it."""
    if written == TWILIO:
        if twilio is None:
            page.note(place, "twilio needs OMBUD_SMS_URL")
        return twilio
    entry = page.load(ProviderForm(), written, place)
    return _http_provider(page, place, entry, secret_of) if entry else None


def _http_provider(page: Page, place: Place, entry: Any, secret_of: SecretOf) -> HttpProvider:
    request = _request(page, place, entry["request"], secret_of)
    _look_at_placeholders(page, place, entry, request)
    answers = entry["answers"]
    return HttpProvider(
        name=entry["name"],
        sender=entry["sender"],
        callback=entry["callback"],
        request=request,
        answers=Answers(
            accepted=answers["accepted"],
            message_id=answers["id_"],
            throttled=tuple(answers["throttled"]),
            permanent=tuple(answers["permanent"]),
            settings=tuple(answers["settings"]),
        ),
    )


def _request(page: Page, place: Place, wanted: Any, secret_of: SecretOf) -> HttpRequest:
    return HttpRequest(
        method=wanted["method"],
        url=wanted["url"],
        headers=wanted["headers"],
        query=wanted["query"],
        form=wanted["form"],
        json=wanted["json"],
        login=_login(page, (*place, "request", "auth"), wanted["auth"], secret_of),
    )


def _login(page: Page, place: Place, auth: Any, secret_of: SecretOf) -> tuple[str, str] | None:
    if auth is None:
        return None
    ((scheme, said),) = auth.items()

    def secret(variable: str) -> str:
        value = secret_of(variable) or ""
        if not value:
            page.note((*place, scheme), f"the variable {variable} is not set")
        elif not _SECRET.fullmatch(value):
            page.note((*place, scheme), f"the variable {variable} holds what cannot stand in a header")
        return value

    if scheme == "bearer":
        return "Authorization", f"Bearer {secret(said)}"
    if scheme == "basic":
        both = f"{secret(said['user'])}:{secret(said['password'])}"
        return "Authorization", f"Basic {base64.b64encode(both.encode()).decode()}"
    return said["name"], said["prefix"] + secret(said["secret"])


def _look_at_placeholders(page: Page, place: Place, entry: Any, request: HttpRequest) -> None:
    """Notes those that are not known, cannot stand where they stand, have nothing to stand for, or are missing."""
    empty = {name for name, text in (("from", entry["sender"]), ("callback", entry["callback"])) if not text}
    used: set[str] = set()
    for part, text in _texts(request):
        for name in PLACEHOLDER.findall(text):
            used.add(name)
            known = _IN_HEADERS if part == "headers" else PLACEHOLDERS
            if name not in known:
                page.note((*place, "request", part), f"{{{name}}} cannot stand here; there are {', '.join(known)}")
            elif name in empty:
                page.note((*place, "request", part), f"{{{name}}} needs `{name}:` beside `request`")
    if not used & {"to", "to_digits"} or "text" not in used:
        page.note((*place, "request"), "must say {text}, and {to} or {to_digits}")
    for name in set(PLACEHOLDER.findall(entry["callback"])) - {"id", "to", "to_digits", "from"}:
        page.note((*place, "callback"), f"{{{name}}} cannot stand here; there is id")


def _texts(request: HttpRequest) -> Iterator[tuple[str, str]]:
    yield "url", request.url
    for part, texts in (("headers", request.headers), ("query", request.query), ("form", request.form or {})):
        for text in texts.values():
            yield part, text
    yield "json", json.dumps(request.json)
