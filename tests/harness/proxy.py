"""A TCP proxy that can hold what one side says in the middle of a frame; for tests of what stalled connections do."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kombu.utils.url import parse_url

PIECE = 3  # bytes; the head of an AMQP frame alone has seven


class StallingProxy:
    """Stands between a service and the broker; `uri` is the broker's, by way of here."""

    def __init__(self, uri: str):
        parts = parse_url(uri)
        self._broker = parts["hostname"], parts["port"]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.uri = uri.replace(f":{parts['port']}/", f":{self._listener.getsockname()[1]}/")
        self._sockets = [self._listener]
        self._flows, self._is_holding = threading.Event(), threading.Event()
        self._flows.set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def is_holding(self) -> bool:
        """Whether the broker has said something since the stall began: a piece of it went through, the rest waits."""
        return self._is_holding.is_set()

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Meanwhile only the first bytes of what the broker says come through."""
        self._is_holding.clear()
        self._flows.clear()
        try:
            yield
        finally:
            self._flows.set()

    def close(self) -> None:
        self._flows.set()
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                service = self._listener.accept()[0]
                broker = socket.create_connection(self._broker)
            except OSError:
                return
            self._sockets += [service, broker]
            threading.Thread(target=self._to_broker, args=(service, broker), daemon=True).start()
            threading.Thread(target=self._to_service, args=(broker, service), daemon=True).start()

    def _to_broker(self, service: socket.socket, broker: socket.socket) -> None:
        try:
            while data := service.recv(65536):
                broker.sendall(data)
            broker.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def _to_service(self, broker: socket.socket, service: socket.socket) -> None:
        try:
            while data := broker.recv(65536):
                if not self._flows.is_set():
                    service.sendall(data[:PIECE])
                    data = data[PIECE:]
                    self._is_holding.set()
                    self._flows.wait()
                service.sendall(data)
            service.shutdown(socket.SHUT_WR)
        except OSError:
            pass
