"""The HTTP server under stand-ins of providers: takes all who come at once, and knows when it has read everything."""

import socket
from http.server import ThreadingHTTPServer
from typing import Any

from tests.harness.process import ANSWER_WITHIN, eventually


class PatientServer(ThreadingHTTPServer):
    """Of the usual server's five places to wait in, the sixth caller is told to come again in a second or more."""

    request_queue_size = 256
    daemon_threads = True

    def __init__(self, *args: Any):
        self._callers: set[Any] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._callers.add(client_address)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._callers.discard(client_address)

    def read_all(self) -> None:
        """Returns when every connection has come to its end that was opened before; those of the living never do."""
        with socket.create_connection(self.server_address[:2], ANSWER_WITHIN) as last_in_line:
            own = last_in_line.getsockname()
            eventually(lambda: own in self._callers, "the line to be empty")
        eventually(lambda: not self._callers, "all to be read")
