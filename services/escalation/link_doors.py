"""The page behind the signed link of an alert: a look changes nothing, a form acts once. Called by service.py."""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Request, Response

from services.escalation import announcements, deciding, store, supervisors
from services.escalation.answering import answer_case
from services.escalation.domain.answers import Refusal
from services.escalation.domain.case import Case, CaseState, What
from services.escalation.pages import acts, page
from services.escalation.pages.acts import Act, Filled
from services.escalation.policybook import PolicyBook
from shared import clock
from shared.database import Database, Transaction
from shared.links import EXPIRED, BadLink, Claim, check, mint

_NEXT_LINKS = uuid.uuid5(uuid.NAMESPACE_DNS, "next-links.ombud")
_NEXT = re.compile(r"next-[0-9a-f]{32}-(\d{1,12})")
# What mail programs and people add: the brackets or the full stop around an address, the break of a line.
_NOT_OF_A_TOKEN = re.compile(r"[=\s]+|^[<(\[\"']+|[^\w-]+$")
_ALSO = {What.ACKNOWLEDGED: (What.CONFIRMED,)}
DOUBLE_CLICK = timedelta(minutes=1)
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
        return store.sweep_links(tx, tx.now - self._max_age - timedelta(days=1))


def _last_day(claim: Claim) -> datetime | None:
    """Until when links may follow on each other; None for the link of an alert."""
    found = _NEXT.fullmatch(claim.alert_id)
    return datetime.fromtimestamp(int(found[1]), UTC) if found else None


@dataclass(frozen=True)
class _Came:
    """What came of a form. token: of the page to go to; without it the page is shown, with what was wrong."""

    token: str | None = None
    status: int = 200
    told: str = ""
    filled: Filled | None = None


def show_page(db: Database, book: PolicyBook, links: Links, token: str) -> Response:
    """The page of the case; looking at it changes nothing, because mail scanners look at every link."""
    try:
        claim = links.claim(token)
    except BadLink as error:
        return page.bad_link(error.reason)
    return _page(db, book, claim, _Came())


def answer_by_link(db: Database, book: PolicyBook, links: Links, request: Request, token: str) -> Response:
    """The person named in the link does what the form says, once, and goes on to a page with a link of its own."""
    try:
        claim = links.claim(token)
        form = request.form
        came = db.run(lambda tx: _act(tx, book, links, claim, acts.read(form, _zone(tx, claim.person))))
    except BadLink as error:
        return page.bad_link(error.reason)
    return page.go_to(came.token) if came.token else _page(db, book, claim, came)


def _act(tx: Transaction, book: PolicyBook, links: Links, claim: Claim, filled: Filled) -> _Came:
    """The case is locked before the link is looked at, so that of two clicks the second finds what the first did."""
    case = store.lock_cases(tx, [claim.case_id]).get(claim.case_id)
    if case is None or case.facts is None:
        return _Came()  # the page says what has become of it
    spent = store.spent_link(tx, claim.alert_id)
    if spent and _is_double(tx, claim, filled, *spent):
        return _Came(links.next(claim, case, spent[1]))
    if spent:
        return _Came(None, 409, "this link was used already, and nothing was done now.")
    is_present = _is_present(claim, case, store.timeline(tx, case.id))
    offered = acts.offered(case, claim.person, is_present, book.of(tx, case.policy_version), tx.now)
    if filled.act is None:
        return _Came(None, 422, filled.faults[""], filled)
    if filled.act not in offered:
        return _too_late(case, filled.act)
    if filled.faults:
        return _Came(None, 422, "see below what is wrong", filled)
    return _answered(tx, book, links, claim, case, filled)


def _is_double(tx: Transaction, claim: Claim, filled: Filled, what: str, at: datetime) -> bool:
    """The same form sent twice, as by a double click; another one, or another note, must not be lost without a word."""
    if tx.now - at > DOUBLE_CLICK or filled.faults or what not in (filled.what, *_ALSO.get(filled.what, ())):
        return False
    rows = [row for row in store.timeline(tx, claim.case_id) if (row["at"], row["what"]) == (at, what)]
    notes = store.notes_of(tx, claim.case_id)
    return filled.body["note"] in [notes.get(row["key"]) for row in rows]


def _answered(tx: Transaction, book: PolicyBook, links: Links, claim: Claim, before: Case, filled: Filled) -> _Came:
    decide = filled.make(claim.person, dict(filled.body))
    answered = answer_case(tx, book, before.id, decide, filled.body["note"])
    if answered.refusal:
        return _refused(answered.case, answered.refusal, filled)
    case = answered.case
    is_partial = filled.act is Act.TAKE and case.state is not CaseState.ACKNOWLEDGED
    what = What.CONFIRMED if is_partial else filled.what
    store.spend_link(tx, claim.alert_id, case.id, claim.person, what)
    return _Came(links.next(claim, case, tx.now))


def _too_late(case: Case, act: Act) -> _Came:
    """Somebody was faster, or it is not for this link; who it was stands on the page: for a take that is no fault."""
    if act is Act.TAKE and (case.state is CaseState.ACKNOWLEDGED or case.confirmed_by):
        return _Came()
    return _Came(None, 409, "this cannot be done any more, because of what has happened meanwhile.")


def _refused(case: Case, refusal: Refusal, filled: Filled) -> _Came:
    """A time that the policy does not allow is a fault of its field."""
    why = deciding.why_not(case, refusal)
    if refusal in (Refusal.TOO_LATE, Refusal.TOO_LONG):
        field = "until" if filled.act is Act.PAUSE else "for"
        return _Came(None, 422, "see below what is wrong", replace(filled, faults={field: why}))
    return _Came(None, 409, why)


def _is_present(claim: Claim, case: Case, rows: Iterable[Mapping[str, Any]]) -> bool:
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


def _page(db: Database, book: PolicyBook, claim: Claim, came: _Came) -> Response:
    with db.read() as tx:
        case = store.find_case(tx, claim.case_id)
        if case is not None and case.is_forgotten:
            return page.erased()
        if case is None or case.facts is None:
            return page.bad_link("unknown")
        view = _view(tx, book, claim, case)
    return page.case_page(view, came.status, came.told, came.filled or page.EMPTY)


def _view(tx: Transaction, book: PolicyBook, claim: Claim, case: Case) -> page.View:
    assert case.facts is not None
    rows = tuple(store.timeline(tx, case.id))
    return page.View(
        case=case,
        facts=case.facts,
        claim=claim,
        policy=book.of(tx, case.policy_version),
        people={person.id: person.name for person in supervisors.everybody(tx)},
        timeline=rows,
        notes=store.notes_of(tx, case.id),
        parent=store.find_case(tx, case.parent_id) if case.parent_id else None,
        parts=store.count_parts(tx, case.id),
        spent=store.spent_link(tx, claim.alert_id),
        is_present=_is_present(claim, case, rows),
        now=tx.now,
        zone=_zone(tx, claim.person),
    )


def _zone(tx: Transaction, person: str) -> tzinfo:
    """Of the person; UTC for whoever is no supervisor."""
    found = supervisors.find(tx, [person]).get(person)
    return ZoneInfo(found.timezone) if found else UTC
