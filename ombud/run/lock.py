"""One run per data folder: the lock that `ombud run` holds while it lives."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ombud.local.processes import remember_pid
from ombud.trouble import Trouble


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Raises Trouble with the holder's pid when another run has it; the kernel frees it however we end."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = path.read_text().split(" ")[0]
            raise Trouble(
                f"Ombud already runs in {path.parent} (pid {holder}): stop that one, or give this one its "
                "own --data-dir and --port-offset"
            ) from None
        remember_pid(path, os.getpid())
        yield
    finally:
        os.close(file)
