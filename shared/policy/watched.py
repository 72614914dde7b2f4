"""The policy that decides now, read again when its file changes; each service with a policy has a book made of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import structlog
from prometheus_client import Counter, Info

from shared.policy.page import PolicyError, read_document

RELOADS = Counter(
    "ombud_policy_reloads_total", "Changed policies that were taken, or refused for a mistake", ["outcome"]
)
MOST_LOGGED = 20
for _outcome in ("taken", "refused"):
    RELOADS.labels(_outcome)

log = structlog.get_logger()


class Versioned(Protocol):
    @property
    def version(self) -> str: ...


P = TypeVar("P", bound=Versioned)


class WatchedPolicy(Generic[P]):
    """current: the policy; document: the text that it was read from. Raises PolicyError if there is none at start.

    parse: makes a policy of a text and the name of its file. shown: the series that tells the version.
    """

    def __init__(self, path: Path, parse: Callable[[str, str], P], shown: Info):
        self._path, self._parse, self._shown = path, parse, shown
        # Before the file is read: what is written meanwhile is a change.
        self._seen = _stamp(path)
        self.document = read_document(path)
        self.current: P = parse(self.document, str(path))
        shown.info({"version": self.current.version})

    def reload(self) -> bool:
        """Takes the file if it changed; with a mistake in it, or without it, the policy stays, and it is said once."""
        stamp = _stamp(self._path)
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            document = read_document(self._path)
            if document == self.document:
                return False
            policy = self._parse(document, str(self._path))
        except PolicyError as error:
            RELOADS.labels("refused").inc()
            log.error("policy_refused", mistakes=error.mistakes[:MOST_LOGGED])
            return False
        self.document, self.current = document, policy
        RELOADS.labels("taken").inc()
        self._shown.info({"version": policy.version})
        log.info("policy_taken", policy_version=policy.version)
        return True


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What a change would change; None = no file."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
