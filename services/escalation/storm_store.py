"""Queries on storms and on the cases that are alike. Called by `storming`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, or_, select, update

from services.escalation import tables
from services.escalation.domain.case import Case, CaseState
from services.escalation.domain.policy import Of, StormRule
from services.escalation.domain.storms import Extent, Storm
from services.escalation.store import case_from
from shared.contracts.event import Severity
from shared.database import Transaction

c, s = tables.cases, tables.storms
_COLUMNS = {Of.CATEGORY: c.c.category, Of.PRODUCT: c.c.product, Of.REGION: c.c.region}
_CAN_JOIN = (CaseState.OPEN.value, CaseState.ESCALATED.value, CaseState.EXHAUSTED.value)
_SEVERITIES = tuple(Severity)
MOST_LOOKED_AT = 2000


def has_lasting(tx: Transaction) -> bool:
    return bool(tx.connection.scalar(select(exists().where(s.c.ended_at.is_(None)))))


def lasting(tx: Transaction, rules: Mapping[str, StormRule]) -> list[Storm]:
    rows = tx.execute(select(s).where(s.c.ended_at.is_(None)).order_by(s.c.opened_at, s.c.id))
    return [
        Storm(row.id, rules[row.rule], _alike(row.alike), row.opened_at, row.last_at, row.told_at)
        for row in rows
        if row.rule in rules
    ]


def many_alike(tx: Transaction, rule: StormRule) -> list[dict[Of, str]]:
    """What more cases share than the rule lets pass, and no storm that lasts has already."""
    columns = [_COLUMNS[of] for of in rule.of]
    query = (
        select(*columns)
        .where(c.c.opened_at > tx.now - rule.within, *(column.is_not(None) for column in columns))
        .group_by(*columns)
        .having(func.count() > rule.more_than)
    )
    return [dict(zip(rule.of, row, strict=True)) for row in tx.execute(query)]


def alike(tx: Transaction, rule: StormRule, values: Mapping[Of, str], since: datetime) -> list[Case]:
    """The newest cases that share these values, in any state."""
    query = select(c).where(c.c.opened_at > since, *_shared(values)).order_by(c.c.opened_at.desc(), c.c.id)
    return [case_from(row) for row in tx.execute(query.limit(MOST_LOOKED_AT))]


def add(tx: Transaction, storm: Storm) -> bool:
    """False when that storm lasts already."""
    row = {
        "id": storm.id,
        "rule": storm.rule.name,
        "key": storm.key,
        "alike": {of.value: value for of, value in storm.alike.items()},
        "opened_at": storm.opened_at,
        "last_at": storm.last_at,
        "told_at": storm.told_at,
        "ended_at": None,
    }
    return bool(tx.insert_many(s, [row], skip_existing=True, returning=s.c.id))


def end(tx: Transaction, storm_id: str) -> None:
    tx.execute(update(s).where(s.c.id == storm_id).values(ended_at=tx.now))


def note(tx: Transaction, storm_id: str, last_at: datetime, told_at: datetime) -> None:
    tx.execute(update(s).where(s.c.id == storm_id).values(last_at=last_at, told_at=told_at))


def lock_joining(tx: Transaction, storm: Storm, limit: int) -> list[Case]:
    """Cases that it may take and that no other replica works on; locked."""
    query = (
        select(c)
        .where(c.c.opened_at > storm.opened_at - storm.rule.within, c.c.state.in_(_CAN_JOIN), c.c.parent_id.is_(None))
        .where(*_shared(storm.alike), c.c.id != storm.id)
        .order_by(c.c.id)
    )
    return [case_from(row) for row in tx.execute(query.limit(limit).with_for_update(skip_locked=True))]


def extent(tx: Transaction, storm: Storm) -> tuple[Extent | None, datetime | None]:
    """How far it reaches, and when its newest case was opened; None while it has none."""
    of_storm = c.c.parent_id == storm.id
    query = select(c.c.region, func.count(), func.max(c.c.severity), func.max(c.c.opened_at)).where(of_storm)
    rows: list[Any] = list(tx.execute(query.group_by(c.c.region)))
    if not rows:
        return None, None
    regions = tuple(sorted(row[0] for row in rows if row[0]))
    severity = _SEVERITIES[max(row[2] for row in rows)]
    return Extent(sum(row[1] for row in rows), regions, severity), max(row[3] for row in rows)


@dataclass(frozen=True)
class Seen:
    """A storm as it is shown. case_id: of the major complaint; state, acknowledged_by: of that case."""

    case_id: str
    rule: str
    key: str
    state: str
    severity: str
    acknowledged_by: str | None
    children: int
    regions: tuple[str, ...]
    since: datetime
    newest_at: datetime
    ended_at: datetime | None


def recent(tx: Transaction, since: datetime, limit: int) -> list[Seen]:
    """Those that last first, then the newest; without those that ended before then."""
    query = select(s, c.c.state, c.c.severity, c.c.acknowledged_by).where(
        c.c.id == s.c.id, or_(s.c.ended_at.is_(None), s.c.ended_at >= since)
    )
    ordered = query.order_by(s.c.ended_at.is_not(None), s.c.opened_at.desc(), s.c.id).limit(limit)
    rows = list(tx.execute(ordered))
    reach = _reach(tx, [row.id for row in rows])
    return [_seen(row, reach.get(row.id, {})) for row in rows]


def _reach(tx: Transaction, ids: Sequence[str]) -> dict[str, dict[str | None, int]]:
    """By storm and region, how many cases are part of it."""
    count = select(c.c.parent_id, c.c.region, func.count()).where(c.c.parent_id.in_(ids))
    found: dict[str, dict[str | None, int]] = {}
    rows: list[Any] = list(tx.execute(count.group_by(c.c.parent_id, c.c.region)))
    for storm_id, region, number in rows:
        found.setdefault(storm_id, {})[region] = number
    return found


def _seen(row: Any, reach: Mapping[str | None, int]) -> Seen:
    return Seen(
        case_id=row.id,
        rule=row.rule,
        key=row.key,
        state=row.state,
        severity=_SEVERITIES[row.severity].value,
        acknowledged_by=row.acknowledged_by,
        children=sum(reach.values()),
        regions=tuple(sorted(region for region in reach if region)),
        since=row.opened_at,
        newest_at=row.last_at,
        ended_at=row.ended_at,
    )


def lock_parts_of_resolved(tx: Transaction, limit: int) -> list[Case]:
    """Muted cases whose parent is resolved; locked."""
    parent = c.alias("parent")
    resolved = exists().where(parent.c.id == c.c.parent_id, parent.c.state == CaseState.RESOLVED.value)
    query = select(c).where(c.c.state == CaseState.MUTED.value, resolved).order_by(c.c.id).limit(limit)
    return [case_from(row) for row in tx.execute(query.with_for_update(of=c, skip_locked=True))]


def _shared(values: Mapping[Of, str]) -> list[Any]:
    return [_COLUMNS[of] == value for of, value in values.items()]


def _alike(document: Mapping[str, str]) -> dict[Of, str]:
    return {Of(name): value for name, value in document.items()}
