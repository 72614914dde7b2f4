"""The place of an alert in the line before the senders, the lowest first; pure, called by routes and planning."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from services.notify.domain.alert import Alert, ChannelName, Purpose
from shared.contracts.event import Severity

# Who was called by nothing for so long is called by the next alert on its own, before everybody's others.
LATELY = timedelta(minutes=10)
BEHIND_FIRSTS, BEHIND_CALLS, BEHIND_WARNINGS = 10, 20, 30
_WORST = Severity.CRITICAL.rank
CALLS = tuple(start + rank for start in (0, BEHIND_FIRSTS) for rank in range(_WORST + 1))
CRITICAL_CALLS = (0, BEHIND_FIRSTS)
_BEHIND = {
    Purpose.WARNING: BEHIND_CALLS,
    Purpose.ASSIGNMENT: BEHIND_WARNINGS,
    Purpose.TAKEN: BEHIND_WARNINGS,
    Purpose.TEST: BEHIND_WARNINGS,
}
ALL = tuple(start + rank for start in (0, BEHIND_FIRSTS, BEHIND_CALLS, BEHIND_WARNINGS) for rank in range(_WORST + 1))


@dataclass(frozen=True)
class Called:
    """Whether a person was called by a channel lately, at all and by something critical; planned is as good as told."""

    at_all: bool = False
    critically: bool = False


def place_of(purpose: Purpose, severity: Severity) -> int:
    """The most severe first; what calls somebody before what only warns, and that before what is only good to know."""
    return _BEHIND.get(purpose, BEHIND_FIRSTS) + _WORST - severity.rank


def is_first(alert: Alert) -> bool:
    """Whether it is to leave before all others, and by itself."""
    return alert.place < BEHIND_FIRSTS


def with_firsts(alerts: Iterable[Alert], called: Mapping[tuple[str, ChannelName], Called]) -> list[Alert]:
    """New alerts, with the first call of each person, and the first critical one, moved to the front."""
    known = dict(called)
    return [_placed(alert, known) for alert in sorted(alerts, key=lambda a: a.place)]


def _placed(alert: Alert, known: dict[tuple[str, ChannelName], Called]) -> Alert:
    """The same alert, or its copy at the front; what it means for the next is kept in `known`."""
    if alert.purpose is not Purpose.ESCALATION or alert.has_ended or alert.gathered:
        return alert
    person = alert.recipient, alert.channel
    before, is_critical = known.get(person, Called()), alert.severity is Severity.CRITICAL
    known[person] = Called(at_all=True, critically=before.critically or is_critical)
    if before.at_all and (before.critically or not is_critical):
        return alert
    return replace(alert, place=alert.place - BEHIND_FIRSTS)
