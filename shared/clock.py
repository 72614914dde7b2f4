"""The one place that reads the clock; journeys shift it through a file, so that a ladder of hours runs in seconds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

_shift_file: Path | None = None


def shift_from(path: Path | None) -> None:
    """Lets tests move this process's clock: the file holds the seconds to add. Called once, by the runner."""
    global _shift_file
    _shift_file = path


def can_shift() -> bool:
    return _shift_file is not None


def shift() -> timedelta:
    if _shift_file is None:
        return timedelta(0)
    try:
        return timedelta(seconds=float(_shift_file.read_text() or 0))
    except FileNotFoundError:
        return timedelta(0)


def now() -> datetime:
    """The current instant, aware, in UTC. Services use `tx.now` instead: it is read after the locks are held."""
    return datetime.now(UTC) + shift()
