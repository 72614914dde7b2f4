"""Takes a server of the test run away for a while; it comes back whatever happens meanwhile, as later tests need it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ombud.local.broker import PrivateBroker
from ombud.local.postgres import PrivatePostgres


@contextmanager
def stopped(server: PrivateBroker | PrivatePostgres, by: Callable[[], None] | None = None) -> Iterator[None]:
    """by: what stops it, `stop` where nothing else is said."""
    try:
        (by or server.stop)()
        yield
    finally:
        if not server.is_alive:
            server.start()
