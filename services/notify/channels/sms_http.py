"""Alerts by SMS through any provider with an HTTP API, as sms_file.py read it. Called by the dispatcher's senders."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

import requests
from jsonpath import JSONPath

from services.notify.channels import http
from services.notify.channels.channel import HandOff, Letter
from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Permanent, Reason, RetryAfter, Temporary

PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
PLACEHOLDERS = ("to", "to_digits", "text", "from", "id", "callback")
LONGEST_ID = 200
_CODE = re.compile(r"[0-9]{1,6}|[A-Z][A-Z_]{0,39}")  # what may stand in a log: no number of a person


@dataclass(frozen=True)
class Condition:
    """What an answer must be: one of the statuses (`200`, `2xx`; none = any), and each path one of its values."""

    statuses: frozenset[str] = frozenset()
    where: tuple[tuple[JSONPath, frozenset[str]], ...] = ()

    def meets(self, status: int, body: Any) -> bool:
        if self.statuses and not self.statuses & {str(status), f"{status // 100}xx"}:
            return False
        return all(value_at(path, body) in values for path, values in self.where)


@dataclass(frozen=True)
class Answers:
    """What the provider's answers mean; looked at in this order. message_id: where its name for the message stands."""

    accepted: Condition
    message_id: JSONPath | None = None
    throttled: tuple[Condition, ...] = ()
    permanent: tuple[tuple[Condition, Reason], ...] = ()
    settings: tuple[tuple[Condition, Reason], ...] = ()


@dataclass(frozen=True)
class HttpRequest:
    """The texts hold placeholders. body: a form, a JSON document, or None. login: the header that shows who we are."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    json: Any = None
    login: tuple[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class HttpProvider:
    """One provider of the file. callback: where it tells what became of a message, if that can be said to it."""

    name: str
    sender: str
    callback: str
    request: HttpRequest
    answers: Answers


class HttpSms:
    """Sends by one such provider; it cannot be asked later what became of a message."""

    def __init__(self, provider: HttpProvider, senders: int, timeouts: http.Timeouts = http.USUAL):
        self._provider, self._named = provider, http.Provider(provider.name, timeouts)
        self._http = http.session(http.plain_adapter(senders))

    def close(self) -> None:
        self._http.close()

    def look_up(self, letter: Letter, since: datetime) -> Outcome | None:
        return Ambiguous(Reason.NO_ANSWER, provider=self._provider.name)

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome:
        letter = hand_off() or letter
        wanted = self._provider.request
        values = _values(self._provider, letter)
        answer = http.ask(
            self._http,
            self._named,
            wanted.method,
            _filled(wanted.url, values, lambda text: quote(text, safe="")),
            headers=_each(wanted.headers, values) | ({"Content-Type": "application/json"} if wanted.json else {}),
            params=_each(wanted.query, values),
            data=json.dumps(_in_json(wanted.json, values)) if wanted.json else _each(wanted.form or {}, values),
            auth=self._log_in,
        )
        return outcome_of(self._provider, answer) if isinstance(answer, http.Answer) else answer

    def _log_in(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if login := self._provider.request.login:
            request.headers[login[0]] = login[1]
        return request


def outcome_of(provider: HttpProvider, answer: http.Answer) -> Outcome:
    """What an answer means: what the file says of it, else what its status says."""
    answers, status, body = provider.answers, answer.status, answer.document()
    detail = _detail(answers, status, body)
    if answers.accepted.meets(status, body):
        return Accepted(_message_id(answers, body), detail, provider.name)
    if any(condition.meets(status, body) for condition in answers.throttled):
        return http.throttled(answer, detail)
    for condition, reason in answers.permanent:
        if condition.meets(status, body):
            return Permanent(reason, detail)
    for condition, reason in answers.settings:
        if condition.meets(status, body):
            return Temporary(reason, detail)
    return _by_status(provider, status, body, http.throttled(answer, detail))


def _by_status(provider: HttpProvider, status: int, body: Any, throttled: RetryAfter) -> Outcome:
    if status == 429:
        return throttled
    if status >= 500 or status == 408 or (status < 300 and not _says_no(provider.answers, body)):
        return Ambiguous(Reason.PROVIDER_ERROR, throttled.detail, provider.name)
    if status in (401, 403):
        return Temporary(Reason.LOGIN_REFUSED, throttled.detail)
    if 300 <= status < 400 or status in (404, 405):
        return Temporary(Reason.WRONG_SETTINGS, throttled.detail)
    return Temporary(Reason.PROVIDER_DEFERRED, throttled.detail)


def _says_no(answers: Answers, body: Any) -> bool:
    """Whether, where a taken message has its word, another one stands; a good status without it tells nothing."""
    said = [(value_at(path, body), values) for path, values in answers.accepted.where]
    return any(value is not None and value not in values for value, values in said)


def _detail(answers: Answers, status: int, body: Any) -> str:
    codes = (value_at(path, body) or "" for path, _ in answers.accepted.where)
    return " ".join([str(status), *(code for code in codes if _CODE.fullmatch(code))])


def _message_id(answers: Answers, body: Any) -> str:
    found = value_at(answers.message_id, body) if answers.message_id else None
    return found if found and found.isprintable() and len(found) <= LONGEST_ID else ""


def value_at(path: JSONPath, body: Any) -> str | None:
    """The first thing there as text, as a policy file would have it; None where there is nothing, or no JSON at all."""
    if not isinstance(body, dict | list):
        return None
    found = next(iter(path.findall(body)), None)
    if isinstance(found, bool):
        return str(found).lower()
    return str(found) if isinstance(found, str | int | float) else None


def _values(provider: HttpProvider, letter: Letter) -> dict[str, str]:
    values = {
        "to": letter.address,
        "to_digits": letter.address.lstrip("+"),
        "text": letter.text,
        "from": provider.sender,
        "id": letter.alert_id,
    }
    return values | {"callback": _filled(provider.callback, values, lambda text: quote(text, safe=""))}


def _each(texts: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    return {name: _filled(text, values) for name, text in texts.items()}


def _in_json(template: Any, values: Mapping[str, str]) -> Any:
    if isinstance(template, dict):
        return {name: _in_json(inner, values) for name, inner in template.items()}
    if isinstance(template, list):
        return [_in_json(inner, values) for inner in template]
    return _filled(template, values) if isinstance(template, str) else template


def _filled(text: str, values: Mapping[str, str], write: Callable[[str], str] = str) -> str:
    """At once, so that what is put in is never taken for a placeholder."""
    return PLACEHOLDER.sub(lambda found: write(values[found[1]]), text)
