"""How the due alerts of one person become letters: one by one while they are few, else digests; pure, for claims."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest

from services.notify.domain.alert import Alert, ChannelName, Purpose
from services.notify.domain.places import is_first

FEW = 5  # so many alerts of one person are letters of their own, at once and in each `pace.GATHER`
FOLD = 120  # cases in one digest: as HTML that stays below the 102 KB behind which a big mailbox cuts it off
DIGESTS = 5  # of one person in one claim
EACH = 10  # letters to one person under way at once: a third of the senders, however slowly somebody's server answers
Fold = tuple[Alert, ...]


@dataclass(frozen=True)
class Openings:
    """What a channel has room for: its free senders, who holds some of them, and who was written to just now."""

    free: int
    busy: Mapping[str, int] = field(default_factory=dict)
    paced: frozenset[str] = frozenset()

    def room(self, recipient: str) -> int:
        return min(self.free, EACH - self.busy.get(recipient, 0))

    @property
    def full(self) -> frozenset[str]:
        return frozenset(r for r in self.busy if self.room(r) <= 0)


@dataclass(frozen=True)
class Take:
    """How many due alerts of a person to look at; gathered: those that can be folded wait, but for the firsts."""

    recipient: str
    most: int
    gathered: bool = False


def takes(recipients: Iterable[str], openings: Openings) -> list[Take]:
    """recipients: with something due, whoever is before the others first."""
    wanted = list(dict.fromkeys(recipients))[: openings.free]
    digests = max(1, min(DIGESTS, openings.free // max(1, len(wanted)) - 1))
    return [
        Take(r, EACH, gathered=True) if r in openings.paced else Take(r, digests * FOLD)
        for r in wanted
        if openings.room(r) > 0
    ]


def letters(due: Mapping[str, Sequence[Alert]], openings: Openings, channel: ChannelName) -> list[Fold]:
    """As many letters as there is room for: everybody's first one, then their second ones, …; due: in their order."""
    fold = _folds if channel is ChannelName.EMAIL else _singles
    each = (fold(alerts)[: openings.room(recipient)] for recipient, alerts in due.items())
    in_turn = chain.from_iterable(zip_longest(*each))
    return [letter for letter in in_turn if letter][: openings.free]


def can_be_folded(alert: Alert) -> bool:
    return alert.purpose is Purpose.ESCALATION and not is_first(alert)


def _folds(alerts: Sequence[Alert]) -> list[Fold]:
    calls = [a for a in alerts if a.purpose is Purpose.ESCALATION]
    if len(calls) <= FEW:
        return _singles(alerts)
    alone, together = [a for a in alerts if not can_be_folded(a)], [a for a in calls if can_be_folded(a)]
    digests = [tuple(together[i : i + FOLD]) for i in range(0, len(together), FOLD)]
    return sorted([*_singles(alone), *digests], key=lambda fold: fold[0].place)


def _singles(alerts: Iterable[Alert]) -> list[Fold]:
    return [(alert,) for alert in alerts]
