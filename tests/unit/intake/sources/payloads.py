"""Webhooks as the systems send them: the payloads of tests/data/webhooks, signed here as each system signs.

Written without the product's code, which it tests. Used by the unit tests and by the tests of the running intake.
"""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson

from tests.harness.process import PROJECT

DATA = PROJECT / "tests" / "data" / "webhooks"
SECRET, OLD_SECRET, TOKEN = "the-secret:of-today", "the-secret:of-yesterday", "token-for-fetching"
SECRETS = {"SECRET": SECRET, "OLD_SECRET": OLD_SECRET, "TOKEN": TOKEN}
BOUNDARY = "xYzZY"


@dataclass(frozen=True)
class Payload:
    """One request; `expect`: what is said. `query` and `headers` are those without the signature."""

    kind: str
    name: str
    body: bytes
    content_type: str
    expect: list[dict[str, Any]]
    headers: dict[str, str] = field(default_factory=dict)
    fetched: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind}-{self.name}"


def payloads() -> list[Payload]:
    return [read(path) for path in sorted(DATA.glob("*/*.json"))]


def payload(kind: str, name: str) -> Payload:
    return read(DATA / kind / f"{name}.json")


def read(path: Path) -> Payload:
    stored = json.loads(path.read_text())
    body, content_type = _body(stored)
    return Payload(
        path.parent.name,
        path.stem,
        body,
        content_type,
        stored["expect"],
        stored.get("headers", {}),
        stored.get("fetched", {}),
        stored.get("form") or stored.get("multipart") or {},
    )


def _body(stored: dict[str, Any]) -> tuple[bytes, str]:
    if "json" in stored:
        return json.dumps(stored["json"], ensure_ascii=False).encode(), "application/json"
    if "form" in stored:
        return urlencode(stored["form"]).encode(), "application/x-www-form-urlencoded"
    if "multipart" in stored:
        charsets, with_file = stored.get("charset", {}), stored.get("file", False)
        return multipart(stored["multipart"], charsets, with_file), f'multipart/form-data; boundary="{BOUNDARY}"'
    return stored["body"].encode(), stored["content_type"]


def multipart(fields: dict[str, str], charsets: dict[str, str], with_file: bool = False) -> bytes:
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value.encode(charsets.get(name, "utf-8"))
        for name, value in fields.items()
    ]
    if with_file:
        head = (
            b'Content-Disposition: form-data; name="attachment1"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        )
        parts.append(head + bytes(range(256)))
    return b"".join(f"--{BOUNDARY}\r\n".encode() + p + b"\r\n" for p in parts) + f"--{BOUNDARY}--\r\n".encode()


@dataclass(frozen=True)
class Signed:
    """A payload as it goes over the wire: `query` is put behind the address."""

    body: bytes
    headers: dict[str, str]
    query: str = ""


def hexed(algorithm: str, key: str, signed: bytes) -> str:
    return hmac.new(key.encode(), signed, algorithm).hexdigest()


def based(algorithm: str, key: str, signed: bytes) -> str:
    return base64.b64encode(hmac.new(key.encode(), signed, algorithm).digest()).decode()


def sign(p: Payload, now: float, secret: str = SECRET) -> Signed:
    """The payload as its system sends it at `now` (seconds since 1970)."""
    return _SIGNERS[p.kind](p, {"content-type": p.content_type, **p.headers}, secret, now)


def _zendesk(p: Payload, headers: dict[str, str], secret: str, now: float) -> Signed:
    from datetime import UTC, datetime

    at = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    signature = based("sha256", secret, at.encode() + p.body)
    ours = {"x-zendesk-webhook-signature": signature, "x-zendesk-webhook-signature-timestamp": at}
    return Signed(p.body, headers | ours)


def _hubspot(p: Payload, headers: dict[str, str], secret: str, now: float) -> Signed:
    at = str(int(now * 1000))
    signed = b"POSThttps://hooks.shop.example/v1/webhooks/hubspot" + p.body + at.encode()
    ours = {"x-hubspot-signature-v3": based("sha256", secret, signed), "x-hubspot-request-timestamp": at}
    return Signed(p.body, headers | ours)


def _mailgun(p: Payload, headers: dict[str, str], secret: str, now: float) -> Signed:
    at, token = str(int(now)), "06c96bafc3f42a66"
    fields = {"token": token, "timestamp": at, "signature": hexed("sha256", secret, (at + token).encode()), **p.fields}
    multi = p.content_type.startswith("multipart")
    return Signed(multipart(fields, {}) if multi else urlencode(fields).encode(), headers)


def _twilio(p: Payload, headers: dict[str, str], secret: str, now: float) -> Signed:
    signed = "https://hooks.shop.example/v1/webhooks/twilio" + "".join(k + v for k, v in sorted(p.fields.items()))
    return Signed(p.body, headers | {"x-twilio-signature": based("sha1", secret, signed.encode())})


def _qualtrics(p: Payload, headers: dict[str, str], secret: str, now: float) -> Signed:
    signature = hexed("sha512", secret, p.fields["MSG"].encode())
    return Signed(urlencode({"HMAC": signature, **p.fields}).encode(), headers)


def _mapping(p: Payload, headers: dict[str, str], secret: str, now: float) -> Signed:
    at = str(int(now))
    return Signed(
        p.body,
        headers | {"x-shop-time": at, "x-shop-signature": "v1=" + hexed("sha256", secret, f"{at}.".encode() + p.body)},
    )


def _header(name: str, made: Callable[[Payload, str], str]) -> Callable[..., Signed]:
    return lambda p, headers, secret, now: Signed(p.body, headers | {name: made(p, secret)})


def _query(p: Payload, headers: dict[str, str], secret: str, now: float) -> Signed:
    return Signed(p.body, headers, urlencode({"token": secret}))


_SIGNERS: dict[str, Callable[..., Signed]] = {
    "zendesk": _zendesk,
    "zendesk-trigger": _zendesk,
    "hubspot": _hubspot,
    "mailgun": _mailgun,
    "twilio": _twilio,
    "qualtrics": _qualtrics,
    "mapping": _mapping,
    "salesforce": _query,
    "sendgrid": _query,
    "jira": _header("x-hub-signature", lambda p, s: "sha256=" + hexed("sha256", s, p.body)),
    "intercom": _header("x-hub-signature", lambda p, s: "sha1=" + hexed("sha1", s, p.body)),
    "freshdesk": _header("x-ombud-token", lambda p, s: s),
    "postmark": _header("authorization", lambda p, s: "Basic " + base64.b64encode(s.encode()).decode()),
    "surveymonkey": _header("sm-signature", lambda p, s: based("sha1", "client-7&" + s, p.body)),
}


@dataclass
class Shelf:
    """A vendor's API: documents by path, or a status in their place; `asked` is what was asked for, with headers."""

    documents: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def shelf() -> Iterator[Shelf]:
    """A real HTTP server that gives out what webhooks only name."""
    kept = Shelf()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kept.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            found = kept.documents.get(self.path, 404)
            body = (
                b"{}" if isinstance(found, int) else found if isinstance(found, bytes) else json.dumps(found).encode()
            )
            self.send_response(found if isinstance(found, int) else 200)
            if found == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    kept.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def must_be_storable(event: Any) -> None:
    """What no JSON and no database takes: half characters, NUL, numbers that are too large."""
    assert b"\\u0000" not in orjson.dumps(event)


def sources_yaml(fetch: str) -> str:
    return (DATA / "sources.yml").read_text().replace("FETCH", fetch)


def sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
