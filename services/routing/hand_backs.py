"""Hand-backs that escalation tells of: which of the needs asked for routing can use. Called by usecases.py."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from marshmallow import ValidationError

from services.routing.domain.complaint import Complaint
from services.routing.domain.entry import State
from services.routing.domain.policy import Policy
from services.routing.schemas import NeedsSchema, needs_from
from shared.contracts.escalation import CaseHandedBack
from shared.policy.words import NONE

log = structlog.get_logger()
LONGEST_BY, LONGEST_NOTE, LONGEST_WORD, MOST_IGNORED = 100, 1000, 100, 20
_NEEDS = NeedsSchema()


def follow(complaint: Complaint, event: CaseHandedBack, policy: Policy, now: datetime) -> Complaint:
    """The complaint back in line; itself when it knows of this hand-back, or of a later one, already.

    Before its facts are known the needs are kept for them. A closed one stays closed.
    """
    if event.case_revision <= complaint.handed_back_revision:
        return complaint
    seen = replace(complaint, handed_back_revision=event.case_revision)
    if complaint.state is State.RELEASED:
        return seen
    override, ignored = usable(event.needs)
    if ignored:
        known = sorted(name for name in ignored if name in _NEEDS.fields)
        log.warning("needs_ignored", complaint_id=complaint.id, needs=known, unknown=len(ignored) - len(known))
    by, note = _clean(event.by, LONGEST_BY), event.note and _clean(event.note, LONGEST_NOTE)
    return seen.handed_back(override, by, note, policy, now, ignored=ignored)


def usable(asked: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The needs as routing sets them, and those that it does not know or whose values it cannot use."""
    override: dict[str, Any] = {}
    ignored: dict[str, str] = {}
    for name, value in asked.items():
        try:
            override |= needs_from(_NEEDS.load({name: _value(name, value)}))
        except ValidationError:
            ignored[_clean(name, LONGEST_WORD)] = _clean(value, LONGEST_WORD)
    return override, dict(list(ignored.items())[:MOST_IGNORED])


def _value(name: str, text: str) -> str | int | None:
    word = text.strip()
    if word.lower() == NONE:
        return None
    return int(word) if name.endswith("_level") and word.isascii() and word.isdigit() and len(word) < 3 else word


def _clean(text: str, most: int) -> str:
    """Without NUL, which PostgreSQL cannot keep, and not longer than the column."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:most]
