"""Who was written to just now, so that what comes next is gathered for them. Kept by the dispatcher, in memory.

Forgotten by a restart and not shared by replicas: both cost somebody a few more letters, and nobody an alert.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from services.notify.domain.alert import ChannelName, Purpose
from services.notify.domain.folding import FEW, FOLDS, Fold
from services.notify.domain.limits import Route

GATHER = timedelta(seconds=2)


class Pace:
    """By person and channel, the instants of their last letters; a digest counts as many."""

    def __init__(self) -> None:
        # Whose last letter is the oldest stands first, so that nobody else is looked at to forget them.
        self._written: OrderedDict[Route, deque[datetime]] = OrderedDict()
        self._often: set[Route] = set()  # those with few letters or more: far fewer than there are, in a flood

    def note(self, letters: Iterable[Fold], now: datetime) -> None:
        for letter in letters:
            alert = letter[0]
            if alert.channel in FOLDS and alert.purpose is Purpose.ESCALATION:
                self._note((alert.recipient, alert.channel), [now] * len(letter))

    def paced(self, channel: ChannelName, now: datetime) -> frozenset[str]:
        """Those who got their few letters within `GATHER`; forgets who got none. A clock set back holds up nobody."""
        self._forget(now)
        return frozenset(r for r, by in self._often if by is channel and now - self._written[r, by][0] < GATHER)

    def _note(self, route: Route, instants: list[datetime]) -> None:
        written = self._written.setdefault(route, deque(maxlen=FEW))
        written.extend(instants)
        self._written.move_to_end(route)
        if len(written) == FEW:
            self._often.add(route)

    def _forget(self, now: datetime) -> None:
        while self._written:
            route, instants = next(iter(self._written.items()))
            if timedelta(0) <= now - instants[-1] < GATHER:
                return
            del self._written[route]
            self._often.discard(route)
