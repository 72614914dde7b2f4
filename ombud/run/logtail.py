"""Reads the services' JSON logs back and gives a short line for what a person should see; used by keeper.py."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHOWN = ("warning", "error", "critical")
HIDDEN = ("event", "level", "timestamp", "service", "exception", "trace_id", "traceparent")
EACH = 10.0  # seconds in which one event of one process is shown once
LONGEST = 200


class LogTail:
    """New lines of one process's log, from the end that it has when we begin."""

    def __init__(self, name: str, path: Path):
        self.name = name
        self._path = path
        self._position = path.stat().st_size if path.exists() else 0
        self._rest = b""
        self._shown: dict[str, float] = {}

    def news(self, now: float) -> Iterator[str]:
        for line in self._new_lines():
            entry = _entry(line)
            event = str(entry.get("event"))
            if entry.get("level") in SHOWN and now - self._shown.get(event, float("-inf")) >= EACH:
                self._shown[event] = now
                yield readable(self.name, entry)

    def _new_lines(self) -> list[bytes]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._position)
            read = file.read()
        self._position += len(read)
        *lines, self._rest = (self._rest + read).split(b"\n")
        return lines


def readable(name: str, entry: dict[str, Any]) -> str:
    """`routing: relay_waits attempt=1 error=…`; what only helps a programmer stays in the file."""
    details = " ".join(f"{key}={value}" for key, value in entry.items() if key not in HIDDEN)
    exception = str(entry.get("exception", "")).strip().rpartition("\n")[2]
    text = f"{name}: {entry.get('event')} {details} {exception}".strip()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _entry(line: bytes) -> dict[str, Any]:
    """Empty for what is no log line of ours, such as a warning of the interpreter."""
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}
