"""A stand-in for Twilio's Messages API over real HTTP: answers what a test says, and keeps what it took."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

ACCOUNT, TOKEN, SENDER = "AC0123", "to/ken", "+15551234567"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
DROP_BEFORE, DROP_AFTER, HANG = "drop_before", "drop_after", "hang"  # breaking off: without, with the message taken


class Twilio:
    """`script`: what to do at the next requests, a (status, body, headers) or one of the words above; then 201."""

    def __init__(self) -> None:
        self.script: list[tuple[int, dict[str, Any], dict[str, str]] | str] = []
        self.messages: list[dict[str, str]] = []
        self.released = threading.Event()
        owner = self

        class Handler(_Handler):
            twilio = owner

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{ACCOUNT}:to%2Fken@127.0.0.1:{self._server.server_address[1]}?from=%2B15551234567"

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    twilio: Twilio

    def do_POST(self) -> None:
        form = {k: v[0] for k, v in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
        action = self.twilio.script.pop(0) if self.twilio.script else self._usual(form)
        if action == HANG:
            self.twilio.released.wait()
        if isinstance(action, str):
            if action == DROP_AFTER:
                self.twilio.messages.append(form)
            self.close_connection = True
            return
        status, body, headers = action
        if status < 300:
            self.twilio.messages.append(form)
        self._answer(status, body, headers)

    def _usual(self, form: dict[str, str]) -> tuple[int, dict[str, Any], dict[str, str]]:
        wanted = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != wanted or self.path != PATH:
            return 401, {"code": 20003, "message": "Authenticate"}, {}
        return 201, {"sid": f"SM{len(self.twilio.messages)}", "status": "queued"}, {}

    def _answer(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in (
            {"Content-Type": "application/json", "Content-Length": str(len(content))} | headers
        ).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Silent."""
