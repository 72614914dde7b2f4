"""Checks that hosts to which letters go are known and take connections; they are asked for nothing."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from ombud.doctor.finding import Finding, fault

TIMEOUT = 5.0
_PORTS = {"http": 80, "https": 443}


def look(url: str, whose: str, remedy: str) -> Iterator[Finding]:
    """url: of which only host and port are used and shown, as the rest may be a secret."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)
        if not host.encode("idna"):
            raise ValueError("no host")
    except ValueError:
        yield fault(f"{whose}: its address is none", remedy)
        return
    try:
        socket.create_connection((host, port), TIMEOUT).close()
    except socket.gaierror:
        yield fault(f"{whose}: the host {host} is not known", remedy)
    except OSError as error:
        yield fault(f"{whose}: {host}:{port} takes no connection: {error.strerror or type(error).__name__}", remedy)
