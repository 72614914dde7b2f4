"""Makes the process green before anything else is imported; asked by the runner.

Names are looked up by the C library in a thread: eventlet's own resolver takes 10 to 20 MB a process and knows neither
nsswitch nor the search rules, and without either a slow name server would stop the whole process.
"""

import os
import warnings
from functools import partial

# Known and decided (docs/decisions): an operator's log is not the place for it.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
os.environ["EVENTLET_NO_GREENDNS"] = "yes"
os.environ.setdefault("EVENTLET_THREADPOOL_SIZE", "4")

import eventlet  # noqa: E402
from eventlet import tpool  # noqa: E402
from eventlet.green import socket  # noqa: E402


def patch() -> None:
    """Called once, by the runner."""
    socket.getaddrinfo = partial(tpool.execute, socket.getaddrinfo)
    eventlet.monkey_patch(psycopg=False)
