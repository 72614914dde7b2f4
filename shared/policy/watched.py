"""The policy that decides now, read again when its file changes, and what the people cannot do of it, looked at again
when either changes. Each service with a policy makes a book of the first, those that lint it a linter.py of the
second; ticks of the service call them.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import structlog
from eventlet import tpool
from prometheus_client import Counter, Gauge, Info

from shared.policy.findings import Finding
from shared.policy.page import PolicyError, read_document

RELOADS = Counter(
    "ombud_policy_reloads_total", "Changed policies that were taken, or refused for a mistake", ["outcome"]
)
MOST_LOGGED = 20
AGAIN = timedelta(hours=1)  # hours, duties and absences come nearer, though nothing changed
for _outcome in ("taken", "refused"):
    RELOADS.labels(_outcome)

log = structlog.get_logger()


class Versioned(Protocol):
    @property
    def version(self) -> str: ...


P = TypeVar("P", bound=Versioned)
K = TypeVar("K", bound=StrEnum)


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


class WatchedFindings(Generic[K]):
    """findings: of the last look; they are warnings, as people come and go, and the service goes on.

    shown: the series that counts them, with the label `kind`.
    """

    def __init__(self, kinds: type[K], shown: Gauge) -> None:
        self.findings: tuple[Finding[K], ...] = ()
        self._kinds, self._shown = kinds, shown
        self._seen: object = None
        self._next: datetime | None = None

    def look_at(self, seen: object, lint: Callable[[], tuple[Finding[K], ...]], now: datetime) -> bool:
        """Says what is new; False when nothing had changed since the last look. seen: what `lint` depends on."""
        if seen == self._seen and self._next and now < self._next:
            return False
        self._seen, self._next = seen, now + AGAIN
        # In a thread of its own: with many people it takes a second, in which the service goes on.
        found = tpool.execute(lint)
        new = [finding for finding in found if finding not in self.findings]
        self.findings = found
        for kind in self._kinds:
            self._shown.labels(kind.value).set(sum(finding.kind is kind for finding in found))
        for finding in new[:MOST_LOGGED]:
            log.warning("policy_finding", kind=finding.kind.value, about=finding.name, found=finding.text)
        return True


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What a change would change; None = no file."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
