"""A case as a row of its table, and back. Used by the queries."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_type_hints

import msgspec

from services.escalation.domain.case import Case
from services.escalation.domain.clocks import ClockState
from services.escalation.domain.told import Moment, Rating, last_revision
from shared.contracts.event import Severity
from shared.database import Row

_SEVERITIES = tuple(Severity)


def row_of(case: Case) -> Row:
    facts, clocks = case.facts, [clock.state for clock in case.clocks]
    return vars(case) | {
        "severity": case.severity.rank,
        "alarms": {reason.value: revision for reason, revision in case.alarms.items()},
        "answered_revision": last_revision(case.told.answers),
        "reopened_revision": case.reopened_revision,
        "due_at": case.due_at,
        "overdue_since": case.overdue_since,
        "region": facts.region if facts else None,
        "category": facts.category if facts else None,
        "product": facts.product if facts else None,
        "clocks_running": clocks.count(ClockState.RUNNING),
        "clocks_warned": clocks.count(ClockState.WARNED),
        "clocks_broken": clocks.count(ClockState.BROKEN),
    }


_NAMES = tuple(Case.__dataclass_fields__)
_TYPES = get_type_hints(Case)
# Columns of the row that are no plain value: documents, and words of an enum.
_CONVERTED = {
    name: _TYPES[name]
    for name in (
        *("facts", "told", "alarms", "owner", "clocks", "pauses", "recipients", "confirmed_by", "remedies"),
        *("state", "reason", "trigger", "outcome", "ending"),
    )
}


def case_from(row: Any) -> Case:
    """What an older version left empty is as the case's defaults say."""
    found = row._mapping
    values = {name: found[name] for name in _NAMES if found[name] is not None}
    for name in _CONVERTED.keys() & values.keys():
        values[name] = msgspec.convert(values[name], _CONVERTED[name], strict=False)
    case = Case(**values | {"severity": _SEVERITIES[values["severity"]]})
    return _as_told_before(case, found["answered_revision"], found["reopened_revision"])


def _as_told_before(case: Case, answered: int, reopened: int) -> Case:
    """Of answers and reopenings the version before writes only the newest revision; when they were, nobody knows. Of
    ratings it writes the worst.
    """
    told = case.told
    if told.rating is not None and not told.ratings:
        told = replace(told, ratings=(Rating(case.rated_revision, told.rating),))
    if told is case.told and answered <= last_revision(told.answers) and reopened <= last_revision(told.reopenings):
        return case
    at = case.since or datetime.fromtimestamp(0, UTC)
    if answered > last_revision(told.answers):
        told = replace(told, answers=(*told.answers, Moment(answered, at)))
    if reopened > last_revision(told.reopenings):
        told = replace(told, reopenings=(*told.reopenings, Moment(reopened, at)))
    return case.but(told=told)
