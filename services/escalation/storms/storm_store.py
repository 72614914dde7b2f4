"""Queries on storms and on the cases that are alike. Called by `storming`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, exists, func, or_, select, update

from services.escalation import tables
from services.escalation.cases.rows import case_from
from services.escalation.domain.case import UNTAKEN, Case, CaseState, What
from services.escalation.domain.policy import Of, StormRule
from services.escalation.domain.storms import Extent, Storm
from shared.bulk import among
from shared.contracts.event import Severity
from shared.database import Transaction
from shared.policy.words import ANY, NONE

c, e, s = tables.cases, tables.case_events, tables.storms
_COLUMNS = {Of.CATEGORY: c.c.category, Of.PRODUCT: c.c.product, Of.REGION: c.c.region}
_SEVERITIES = tuple(Severity)
MOST_LOOKED_AT = 2000


def unended(tx: Transaction, rules: Mapping[str, StormRule]) -> tuple[list[Storm], list[str]]:
    """The storms that have not ended, and the ids of those that no rule speaks of any more."""
    rows = list(tx.execute(select(s).where(s.c.ended_at.is_(None)).order_by(s.c.opened_at, s.c.id)))
    found = [storm for row in rows if (storm := _storm_from(row, rules))]
    return found, sorted({row.id for row in rows} - {storm.id for storm in found})


def taking(tx: Transaction, rules: Mapping[str, StormRule]) -> list[Storm]:
    """Those of which the major complaint is not resolved: asked for each batch in which a case is opened."""
    is_open = exists().where(c.c.id == s.c.id, c.c.state != CaseState.RESOLVED.value)
    rows = tx.execute(select(s).where(s.c.ended_at.is_(None), is_open).order_by(s.c.opened_at, s.c.id))
    return [storm for row in rows if (storm := _storm_from(row, rules))]


def _storm_from(row: Any, rules: Mapping[str, StormRule]) -> Storm | None:
    """None if the rule is gone, or counts by something else now."""
    rule, alike = rules.get(row.rule), {Of(name): value for name, value in row.alike.items()}
    if rule is None or alike.keys() != set(rule.of):
        return None
    return Storm(row.id, rule, alike, row.opened_at, row.last_at, row.told_at)


def many_alike(tx: Transaction, rule: StormRule) -> list[dict[Of, str]]:
    """What more cases share than the rule lets pass, as far as columns tell."""
    columns = [_COLUMNS[of] for of in rule.of]
    query = (
        select(*columns)
        .where(*_counted(rule, tx.now - rule.within), *(column.is_not(None) for column in columns))
        .group_by(*columns)
        .having(func.count() > rule.more_than)
    )
    return [dict(zip(rule.of, row, strict=True)) for row in tx.execute(query)]


def alike(tx: Transaction, rule: StormRule, values: Mapping[Of, str], since: datetime) -> list[Case]:
    """The newest cases that share these values, whoever has them."""
    query = select(c).where(*_counted(rule, since), *_shared(values), ~_WAS_PART)
    rows = tx.execute(query.order_by(c.c.opened_at.desc(), c.c.id).limit(MOST_LOOKED_AT))
    return [case_from(row) for row in rows]


def _counted(rule: StormRule, since: datetime) -> list[ColumnElement[bool]]:
    """A case that is part of something is counted there."""
    return [c.c.opened_at > since, c.c.parent_id.is_(None), c.c.ending.is_(None), *_fitting(rule)]


def _fitting(rule: StormRule) -> list[ColumnElement[bool]]:
    """What columns tell of the rule's `when`; the rest is looked at case by case."""
    when = rule.when
    ranks = None if when.severity is None else [severity.rank for severity in when.severity]
    return [
        *([] if ranks is None else [c.c.severity.in_(ranks)]),
        *(
            _among(_COLUMNS[of], wanted)
            for of, wanted in ((Of.CATEGORY, when.category), (Of.PRODUCT, when.product), (Of.REGION, when.region))
            if wanted is not None
        ),
    ]


def _among(column: Column[str], wanted: frozenset[str]) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = [column.in_(sorted(wanted - {ANY, NONE}))]
    if NONE in wanted:
        ways.append(column.is_(None))
    if ANY in wanted:
        ways.append(column.is_not(None))
    return or_(*ways)


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
    tx.execute(update(s).where(s.c.id == storm_id, s.c.ended_at.is_(None)).values(ended_at=tx.now))


def end_quiet(tx: Transaction, ids: Sequence[str], before: datetime) -> None:
    """Those that have taken no case since then."""
    tx.execute(update(s).where(s.c.id.in_(ids), s.c.last_at < before, s.c.ended_at.is_(None)).values(ended_at=tx.now))


def note(tx: Transaction, storm: Storm) -> None:
    tx.execute(update(s).where(s.c.id == storm.id).values(last_at=storm.last_at, told_at=storm.told_at))


def lock_joining(tx: Transaction, storm: Storm, limit: int) -> list[Case]:
    """Cases that it takes and that no other replica works on; locked."""
    ids: list[str] = []
    after = ""
    while len(ids) < limit:
        page = _could_join(tx, storm, after)
        ids += [case.id for case in page if storm.takes(case)]
        if len(page) < MOST_LOOKED_AT:
            break
        after = page[-1].id
    query = select(c).where(among(c.c.id, tx.is_postgres)).order_by(c.c.id).with_for_update(skip_locked=True)
    rows = tx.execute(query, {"ids": ids[:limit]}) if ids else ()
    return [case for row in rows if storm.takes(case := case_from(row))]


def _could_join(tx: Transaction, storm: Storm, after: str) -> list[Case]:
    query = (
        select(c)
        .where(c.c.opened_at > storm.opened_at - storm.rule.within, c.c.parent_id.is_(None))
        .where(c.c.state.in_([state.value for state in UNTAKEN]))
        .where(*_shared(storm.alike), *_fitting(storm.rule), c.c.id > after, ~_WAS_PART)
        .order_by(c.c.id)
    )
    return [case_from(row) for row in tx.execute(query.limit(MOST_LOOKED_AT))]


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


# Whoever left what it was part of, by a person's word or as it was opened again, stands for itself.
_WAS_PART = exists().where(e.c.case_id == c.c.id, e.c.what == What.LINKED.value)
