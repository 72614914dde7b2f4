"""How much of their limits people have used up lately, in one query a limited channel. Called by whoever plans."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import and_, bindparam, case, func, select

from services.notify import tables
from services.notify.domain.alert import OPEN, REACHED, ChannelName, Purpose
from services.notify.domain.contact import Contact
from services.notify.domain.folding import FEW, FOLDS
from services.notify.domain.limits import UNLIMITED, Allowance, Route, Spent
from services.notify.domain.places import ALL, BEHIND_FIRSTS
from services.notify.domain.policy import Limit, Policy
from shared.database import Transaction
from shared.tables import UtcDateTime

a = tables.alerts
_WAIT = and_(
    a.c.state.in_([s.value for s in OPEN]), a.c.purpose == Purpose.ESCALATION.value, a.c.place >= BEHIND_FIRSTS
)
# All in one digest have its provider's name for it, and its end; what may yet be folded is counted together.
_LETTER = case((_WAIT, ""), else_=func.coalesce(a.c.provider_id, a.c.id))
# In the order of the index: each place is one look into it.
_SPENT = (
    select(a.c.recipient, _LETTER.label("letter"), func.max(a.c.next_at).label("at"), func.count().label("alerts"))
    .where(
        a.c.recipient.in_(bindparam("people", expanding=True)),
        a.c.channel == bindparam("by"),
        a.c.place.in_(ALL),
        a.c.created_at > bindparam("since", type_=UtcDateTime),
        a.c.state.in_([s.value for s in OPEN | REACHED]),
    )
    .group_by(a.c.recipient, _LETTER, a.c.ended_at)
)


def allowance_of(tx: Transaction, policy: Policy, people: Iterable[Contact]) -> Allowance:
    """No query is made without limits, nor for a channel by which none of them can be reached."""
    if not policy.person_limits:
        return UNLIMITED
    people = list(people)
    spent: dict[Route, Spent] = {}
    for channel, limit in policy.person_limits.items():
        if wanted := sorted(c.person for c in people if c.address(channel)):
            _look(tx, channel, limit, wanted, spent)
    return Allowance(policy.person_limits, spent)


def _look(tx: Transaction, channel: ChannelName, limit: Limit, people: list[str], spent: dict[Route, Spent]) -> None:
    values: dict[str, Any] = {"people": people, "by": channel.value, "since": tx.now - limit.within}
    for row in tx.execute(_SPENT, values):
        of = spent.setdefault((row.recipient, channel), Spent())
        if row.letter:
            of.letters.append(row.at)
        elif channel in FOLDS:
            of.waiting += [row.at] * min(row.alerts, FEW)
        else:
            of.letters += [row.at] * row.alerts
