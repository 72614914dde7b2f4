"""How the due alerts of one person become letters: one by one while they are few, else digests; pure, for claims."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest

from services.notify.domain.alert import Alert, ChannelName, Purpose
from services.notify.domain.places import is_first

FEW = 5  # so many alerts of one person are letters of their own, at once and in each `pace.GATHER`
# Cases in one mail: as HTML that stays below the 102 KB behind which a big mailbox cuts it off, in the longest language
# and with excerpts of nothing but what HTML escapes.
FOLD = 70
# The most cases in one digest; what a channel that is not named here sends is read by programs, one by one.
FOLDS: Mapping[ChannelName, int] = {
    ChannelName.EMAIL: FOLD,
    ChannelName.SLACK: 20,
    ChannelName.TEAMS: 20,
    ChannelName.SMS: 10,
}
# Whose provider is asked for what may have arrived: one by one, as each may have been in another letter before.
ASKED = frozenset({ChannelName.SMS})
DIGESTS = 5  # of one person in one claim
EACH = 10  # letters to one person under way at once: a quarter of the senders, however slowly somebody's server answers
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


def takes(recipients: Iterable[str], openings: Openings, channel: ChannelName) -> list[Take]:
    """recipients: with something due, whoever is before the others first."""
    wanted = list(dict.fromkeys(recipients))[: openings.free]
    digests = max(1, min(DIGESTS, openings.free // max(1, len(wanted)) - 1))
    most = max(EACH, digests * FOLDS.get(channel, 0))
    return [
        Take(r, EACH, gathered=True) if r in openings.paced else Take(r, most) for r in wanted if openings.room(r) > 0
    ]


def letters(due: Mapping[str, Sequence[Alert]], openings: Openings, channel: ChannelName) -> list[Fold]:
    """As many letters as there is room for: everybody's first one, then their second ones, …; due: in their order."""
    most = FOLDS.get(channel)
    folds_doubts = channel not in ASKED
    folds = (_folds(alerts, most, folds_doubts) if most else _singles(alerts) for alerts in due.values())
    each = (fold[: openings.room(recipient)] for recipient, fold in zip(due, folds, strict=True))
    in_turn = chain.from_iterable(zip_longest(*each))
    return [letter for letter in in_turn if letter][: openings.free]


def can_be_folded(alert: Alert) -> bool:
    return alert.purpose is Purpose.ESCALATION and not is_first(alert)


def _folds(alerts: Sequence[Alert], most: int, folds_doubts: bool) -> list[Fold]:
    """What may have arrived is folded apart: with the same cases in it, the same digest is known as a copy."""
    fresh, doubtful = [a for a in alerts if not a.doubts], [a for a in alerts if a.doubts]
    together = [_together(fresh), _together(doubtful) if folds_doubts else []]
    folded = {a.id for part in together for a in part}
    digests = [tuple(part[i : i + most]) for part in together for i in range(0, len(part), most)]
    return sorted([*_singles(a for a in alerts if a.id not in folded), *digests], key=lambda fold: fold[0].place)


def _together(alerts: Sequence[Alert]) -> list[Alert]:
    """Those to fold: all that can be once they are many, else those whose recipient wants them gathered."""
    are_many = sum(a.purpose is Purpose.ESCALATION for a in alerts) > FEW
    return [a for a in alerts if (are_many or a.gathered) and can_be_folded(a)]


def _singles(alerts: Iterable[Alert]) -> list[Fold]:
    return [(alert,) for alert in alerts]
