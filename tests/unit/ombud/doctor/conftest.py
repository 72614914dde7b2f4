"""A provider that answers as a test wants it, for the checks that ask by HTTP."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from ombud.doctor.finding import Finding
from ombud.local.ports import free_ports

NOBODY = f"http://127.0.0.1:{free_ports(1)[0]}"


class Provider:
    """Answers every request with `status`, `headers` and `body`, and keeps what was asked."""

    def __init__(self) -> None:
        self.status, self.body, self.asked = 200, b"{}", list[tuple[str, str, str | None]]()
        self.headers: dict[str, str] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                outer.asked.append((self.command, self.path, self.headers["Authorization"]))
                self.send_response(outer.status)
                for name, value in (outer.headers | {"Content-Length": str(len(outer.body))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(outer.body)

            do_GET = do_POST = answer  # the names that the server looks for

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def provider() -> Iterator[Provider]:
    made = Provider()
    Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def texts(found: Iterator[Finding]) -> list[str]:
    return [finding.text for finding in found]
