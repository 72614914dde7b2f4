"""How psycopg2 waits in a green process; the runner installs it."""

import time
from typing import Any

import psycopg2
from psycopg2 import extensions


class NoAnswer(psycopg2.OperationalError):
    """The server accepted the connection and then said nothing."""


def install_green_wait() -> None:
    """Makes psycopg2 yield to other greenlets while it waits, with a limit; process-wide, so services only."""
    from eventlet.hubs import trampoline

    def wait(connection: Any) -> None:
        # Connecting may take 5 s, a statement 15 s: longer than every timeout that the server keeps itself.
        limit = time.monotonic() + (5 if connection.status == extensions.STATUS_SETUP else 15)
        while (state := connection.poll()) != extensions.POLL_OK:
            left = limit - time.monotonic()
            if left <= 0:
                raise NoAnswer("database silent")
            trampoline(
                connection.fileno(),
                read=state == extensions.POLL_READ,
                write=state == extensions.POLL_WRITE,
                timeout=left,
                timeout_exc=NoAnswer("database silent"),
            )

    extensions.set_wait_callback(wait)
