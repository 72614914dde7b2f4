"""Who was written to just now, so that what comes next is gathered for them. Kept by the dispatcher, in memory.

Forgotten by a restart and not shared by replicas: both cost somebody a few more letters, and nobody an alert.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from services.notify.domain.alert import ChannelName, Purpose
from services.notify.domain.folding import FEW, FOLDS, Fold

GATHER = timedelta(seconds=2)


class Pace:
    """By person and channel, the instants of their last letters; a digest counts as many."""

    def __init__(self) -> None:
        self._written: dict[tuple[str, ChannelName], deque[datetime]] = {}

    def note(self, letters: Iterable[Fold], now: datetime) -> None:
        for letter in letters:
            alert = letter[0]
            if alert.channel in FOLDS and alert.purpose is Purpose.ESCALATION:
                instants = self._written.setdefault((alert.recipient, alert.channel), deque(maxlen=FEW))
                instants.extend([now] * len(letter))

    def paced(self, channel: ChannelName, now: datetime) -> frozenset[str]:
        """Those who got their few letters within `GATHER`; forgets who got none. A clock set back holds up nobody."""
        self._written = {r: i for r, i in self._written.items() if timedelta(0) <= now - i[-1] < GATHER}
        return frozenset(
            r for (r, by), i in self._written.items() if by is channel and len(i) == FEW and now - i[0] < GATHER
        )
