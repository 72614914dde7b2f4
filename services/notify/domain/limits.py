"""How many letters a person may still be sent by a channel; pure, filled by plans/allowances.py, asked by routes.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.notify.domain.alert import Alert, ChannelName, Purpose
from services.notify.domain.folding import FEW, FOLDS
from services.notify.domain.policy import Limit

# What nobody waits for anywhere else: the last resort, and what an operator tries out, are told without limits.
LIMITED = frozenset({Purpose.ESCALATION, Purpose.WARNING, Purpose.ASSIGNMENT, Purpose.TAKEN})
Route = tuple[str, ChannelName]


@dataclass
class Spent:
    """Of one person by one channel: when letters left, or will; and when the alerts do that may yet become one."""

    letters: list[datetime] = field(default_factory=list)
    waiting: list[datetime] = field(default_factory=list)


class Allowance:
    """What is left of the limits while a batch is planned: who plans alerts notes them."""

    def __init__(self, limits: Mapping[ChannelName, Limit], spent: Mapping[Route, Spent] | None = None):
        self._limits, self._spent = limits, dict(spent or {})

    def opens_at(self, recipient: str, channel: ChannelName, purpose: Purpose, now: datetime) -> datetime | None:
        """When there is room for such an alert; None = now.

        What is still to leave keeps no call from leaving now. However many calls wait, they leave as few letters.
        """
        limit = self._limits.get(channel)
        if limit is None or purpose not in LIMITED:
            return None
        spent = self._spent.get((recipient, channel), Spent())
        letters = [at for at in spent.letters if at <= now or purpose is not Purpose.ESCALATION]
        letters = sorted([*letters, *spent.waiting[-FEW:]])
        joins = _can_join(purpose, channel) and len(spent.waiting) >= FEW
        if len(letters) < limit.most + joins:
            return None
        return letters[-limit.most] + limit.within

    def note(self, alerts: list[Alert]) -> list[Alert]:
        """Counts those that will leave; gives all of them back."""
        for alert in alerts:
            if alert.channel in self._limits and not alert.has_ended:
                spent = self._spent.setdefault((alert.recipient, alert.channel), Spent())
                joins = _can_join(alert.purpose, alert.channel)
                (spent.waiting if joins else spent.letters).append(alert.next_at)
        return alerts


def _can_join(purpose: Purpose, channel: ChannelName) -> bool:
    """Whether it may become part of a digest: the first calls of a person, of which that is not so, are few."""
    return purpose is Purpose.ESCALATION and channel in FOLDS


UNLIMITED = Allowance({})
