"""A receiver of posts over real HTTP: answers what a test says, and keeps a journal of what came and what it took."""

import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

DROP_BEFORE, DROP_AFTER, HANG = "drop_before", "drop_after", "hang"  # breaking off: without, with the letter taken
DRIP = "drip"  # an answer that never ends, a byte at a time


@dataclass(frozen=True)
class Say:
    """One answer; a body that is no bytes becomes JSON. keeps: whether the letter is taken, where the status lies."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    keeps: bool | None = None

    @property
    def takes(self) -> bool:
        return self.status < 300 if self.keeps is None else self.keeps

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


@dataclass(frozen=True)
class Came:
    """One request. taken: whether it counts as received."""

    path: str
    headers: dict[str, str]
    body: bytes
    taken: bool

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


class HttpSink:
    """script: what to do at the next requests, then `usual`."""

    def __init__(self, usual: Say | None = None, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.script: list[Say | str] = []
        self.usual = usual or Say()
        self.journal: list[Came] = []
        self.released = threading.Event()
        owner = self

        class Handler(_Handler):
            sink = owner

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def taken(self) -> list[Came]:
        return [one for one in self.journal if one.taken]

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    sink: HttpSink

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        action = self.sink.script.pop(0) if self.sink.script else self.sink.usual
        taken = action == DROP_AFTER or (isinstance(action, Say) and action.takes)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.sink.journal.append(Came(self.path, headers, body, taken))
        if action == HANG:
            self.sink.released.wait()
        if action == DRIP:
            self._drip()
        if isinstance(action, Say):
            self._say(action)
        else:
            self.close_connection = True

    do_GET = do_PUT = do_POST

    def _say(self, action: Say) -> None:
        content = action.content
        self.send_response(action.status)
        fixed = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        for name, value in (fixed | action.headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _drip(self) -> None:
        with suppress(OSError):  # the other side has gone
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not self.sink.released.wait(0.02):
                self.wfile.write(b"x")
                self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Silent."""
