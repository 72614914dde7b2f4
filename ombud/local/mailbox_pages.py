"""The web page and the JSON of the mail catcher, for people who try Ombud and for tests; served by mailbox.py."""

import json
from collections.abc import Iterator
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, select_autoescape
from werkzeug.exceptions import Forbidden, HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from ombud.local.mailbox_store import Kept, MailStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_LONGEST_LIST = 200
_ROUTES = Map(
    [
        Rule("/", endpoint="list_page", methods=["GET"]),
        Rule("/messages/<mail_id>", endpoint="message_page", methods=["GET"]),
        Rule("/messages/<mail_id>/html", endpoint="html_part", methods=["GET"]),
        Rule("/api/messages", endpoint="api_messages", methods=["GET"]),
        Rule("/api/messages", endpoint="api_clear", methods=["DELETE"]),
        Rule("/api/count", endpoint="api_count", methods=["GET"]),
    ]
)
_PAGES = Environment(
    loader=PackageLoader("ombud.local", "mailbox_templates"), autoescape=select_autoescape(default=True)
)
# A mail may hold anything: no scripts, nothing fetched from elsewhere, no way back to this page.
_CAGE = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
)
_OWN_PAGES = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'"


class MailboxPages:
    """A WSGI application over a MailStore."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        request = Request(environ)
        # Another site could point its own name at loopback and read the mails through the browser (DNS rebinding).
        request.trusted_hosts = ["127.0.0.1", "localhost"]
        try:
            if request.host == "":
                raise Forbidden
            endpoint, found = _ROUTES.bind_to_environ(environ).match()
            answer: Response = getattr(self, f"_{endpoint}")(request, **found)
        except HTTPException as refusal:
            return refusal(environ, start_response)
        return answer(environ, start_response)

    def _list_page(self, request: Request) -> Response:
        to = request.args.get("to") or None
        mails = [_summary(kept, self._store.read(kept)) for kept in self._store.newest(_LONGEST_LIST, to)]
        return _page("list.html", mails=mails, count=self._store.count(), to=to, longest=_LONGEST_LIST)

    def _message_page(self, request: Request, mail_id: str) -> Response:
        kept = self._found(mail_id)
        message = self._store.read(kept)
        return _page("message.html", mail=_whole(kept, message), headers=list(_headers(message)))

    def _html_part(self, request: Request, mail_id: str) -> Response:
        html = _part(self._store.read(self._found(mail_id)), "html")
        if html is None:
            raise NotFound
        headers = {"Content-Security-Policy": _CAGE}
        return Response('<base target="_blank" rel="noopener">' + html, content_type="text/html", headers=headers)

    def _api_messages(self, request: Request) -> Response:
        limit = request.args.get("limit", default=100, type=int)
        newest = self._store.newest(max(limit, 0), request.args.get("to") or None)
        return _json([_whole(kept, self._store.read(kept)) for kept in newest])

    def _api_count(self, request: Request) -> Response:
        return _json({"count": self._store.count()})

    def _api_clear(self, request: Request) -> Response:
        return _json({"removed": self._store.clear()})

    def _found(self, mail_id: str) -> Kept:
        kept = self._store.find(mail_id)
        if kept is None:
            raise NotFound("There is no such mail; it may have been removed.")
        return kept


def _summary(kept: Kept, message: EmailMessage) -> dict[str, Any]:
    return {
        "id": kept.id,
        "to": list(kept.recipients),
        "subject": _text(message, "Subject"),
        "from": _text(message, "From"),
        "message_id": _text(message, "Message-ID"),
        "received_at": kept.received_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


def _whole(kept: Kept, message: EmailMessage) -> dict[str, Any]:
    headers: dict[str, str] = {}
    for name, value in _headers(message):
        headers.setdefault(name, value)
    parts = {"text": _part(message, "plain"), "html": _part(message, "html")}
    return {**_summary(kept, message), "headers": headers, **parts}


def _headers(message: EmailMessage) -> Iterator[tuple[str, str]]:
    """All of them in their order, decoded; a name may come twice."""
    for name, value in message.items():
        yield name, str(value).strip()


def _text(message: EmailMessage, name: str) -> str:
    return str(message.get(name, "")).strip()


def _part(message: EmailMessage, kind: str) -> str | None:
    body = message.get_body(preferencelist=(kind,))
    if body is None:
        return None
    try:
        text = str(body.get_content())
    except (LookupError, UnicodeError):  # a charset that Python does not know
        raw = body.get_payload(decode=True)
        text = raw.decode("ascii", "replace") if isinstance(raw, bytes) else ""
    return text.replace("\r\n", "\n")


def _json(answer: object) -> Response:
    return Response(json.dumps(answer), content_type="application/json")


def _page(template: str, **values: Any) -> Response:
    headers = {"Content-Security-Policy": _OWN_PAGES, "Cache-Control": "no-store"}
    return Response(_PAGES.get_template(template).render(values), content_type="text/html", headers=headers)
