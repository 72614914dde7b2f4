"""The signed links of the page: which are good, which were used, and which follow on them. Used by the page's parts."""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from services.escalation import tables
from services.escalation.cases import announcements
from services.escalation.domain.case import Case, What
from shared import clock
from shared.database import Transaction
from shared.links import EXPIRED, BadLink, Claim, check, mint

sl = tables.spent_links
_NEXT_LINKS = uuid.uuid5(uuid.NAMESPACE_DNS, "next-links.ombud")
_NEXT = re.compile(r"next-[0-9a-f]{32}-(\d{1,12})")
# What mail programs and people add: the brackets or the full stop around an address, the break of a line.
_NOT_OF_A_TOKEN = re.compile(r"[=\s]+|^[<(\[\"']+|[^\w-]+$")
_WARNINGS = (What.WARNED, What.CLOCK_BROKEN, What.REMINDED)
# After one of these, what was warned of before is another matter.
_ANOTHER_MATTER = (What.ESCALATED, What.HANDED_BACK, What.REOPENED, What.UNLINKED, What.EXHAUSTED)


class Links:
    """Checks the links that notify minted, and mints those with which whoever used one goes on."""

    def __init__(self, keys: tuple[str, ...], max_age: timedelta):
        self._keys, self._max_age = keys, max_age

    def claim(self, token: str) -> Claim:
        """Raises BadLink."""
        claim = check(self._keys, _NOT_OF_A_TOKEN.sub("", token), self._max_age)
        last_day = _last_day(claim)
        if last_day and clock.now() > last_day:
            raise BadLink(EXPIRED)
        return claim

    def next(self, claim: Claim, case: Case, used_at: datetime) -> str:
        """The one link that follows on this one, however often it is asked for; all that follow end with the first."""
        until = int((_last_day(claim) or used_at + self._max_age).timestamp())
        alert_id = f"next-{uuid.uuid5(_NEXT_LINKS, claim.alert_id).hex}-{until}"
        follows = replace(claim, alert_id=alert_id, escalation_id=case.escalation_id or "", level=case.level)
        return mint(self._keys, follows)

    def sweep(self, tx: Transaction) -> int:
        """Forgets which links were used once none of them can be; a day more, since clocks may differ."""
        before = tx.now - self._max_age - timedelta(days=1)
        return tx.execute(delete(sl).where(sl.c.at < before)).rowcount


def _last_day(claim: Claim) -> datetime | None:
    """Until when links may follow on each other; None for the link of an alert."""
    found = _NEXT.fullmatch(claim.alert_id)
    return datetime.fromtimestamp(int(found[1]), UTC) if found else None


def is_present(claim: Claim, case: Case, rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the link speaks of how the case is now: of its present escalation, or a warning that came since."""
    if claim.escalation_id == (case.escalation_id or ""):
        return True
    warnings: set[str] = set()
    for row in rows:
        if row["what"] in _ANOTHER_MATTER:
            warnings.clear()
        elif row["what"] in _WARNINGS:
            warnings.add(announcements.warning_id(case.id, row["details"]))
    return claim.escalation_id in warnings


def spend_link(tx: Transaction, alert_id: str, case_id: str, person: str, what: What) -> bool:
    """False when the link of that alert was used before."""
    row = {"alert_id": alert_id[:100], "case_id": case_id, "person": person, "what": what.value, "at": tx.now}
    return bool(tx.insert_many(sl, [row], skip_existing=True, returning=sl.c.alert_id))


def spent_link(tx: Transaction, alert_id: str) -> tuple[str, datetime] | None:
    """What the link was used for and when; None = it was not."""
    row = tx.execute(select(sl.c.what, sl.c.at).where(sl.c.alert_id == alert_id[:100])).one_or_none()
    return (row.what, row.at) if row else None
