"""A provider of text messages as a real HTTP server: answers what a test says, and keeps what it was asked."""

import ssl
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DROP, HANG, TRICKLE = "drop", "hang", "trickle"  # without an answer: at once, never, after half of it


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: str


class Provider:
    """answer: (status, body, headers), or one of the words above."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answer: tuple[int, str, dict[str, str]] | str = (200, '{"status": "0", "id": "m-1"}', {})
        self.asked: list[Asked] = []
        self.released = threading.Event()
        owner = self

        class Handler(_Handler):
            provider = owner

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Silent: a client that trusts no certificate of ours breaks off."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.provider.asked.append(Asked(self.command, self.path, dict(self.headers.items()), body))
        if isinstance(self.provider.answer, str):
            self._break_off(self.provider.answer)
            return
        status, text, headers = self.provider.answer
        self.send_response(status)
        for name, value in {"Content-Length": str(len(text.encode())), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_PUT = do_POST

    def _break_off(self, how: str) -> None:
        self.close_connection = True
        if how == HANG:
            self.provider.released.wait()
        if how == TRICKLE:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")

    def log_message(self, *_: Any) -> None:
        """Silent."""
