"""A form of the page that was sent: it acts once, in the name of the person of the link. Called by the link's door."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.escalation.answers import deciding
from services.escalation.answers.answering import answer_case
from services.escalation.cases import store
from services.escalation.domain.answers import Refusal
from services.escalation.domain.case import Case, CaseState, What
from services.escalation.pages import acts
from services.escalation.pages.acts import Act, Filled
from services.escalation.pages.links import Links, is_present, spend_link, spent_link
from services.escalation.policy.policybook import PolicyBook
from shared.database import Transaction
from shared.links import Claim

_ALSO = {What.ACKNOWLEDGED: (What.CONFIRMED,)}
DOUBLE_CLICK = timedelta(minutes=1)


@dataclass(frozen=True)
class Came:
    """What came of a form. token: of the page to go to; without it the page is shown, with what was wrong."""

    token: str | None = None
    status: int = 200
    told: str = ""
    filled: Filled | None = None


def act(tx: Transaction, book: PolicyBook, links: Links, claim: Claim, filled: Filled) -> Came:
    """The case is locked before the link is looked at, so that of two clicks the second finds what the first did."""
    case = store.lock_cases(tx, [claim.case_id]).get(claim.case_id)
    if case is None or case.facts is None:
        return Came()  # the page says what has become of it
    spent = spent_link(tx, claim.alert_id)
    if spent and _is_double(tx, claim, filled, *spent):
        return Came(links.next(claim, case, spent[1]))
    if spent:
        return Came(None, 409, "this link was used already, and nothing was done now.")
    present = is_present(claim, case, store.timeline(tx, case.id))
    offered = acts.offered(case, claim.person, present, book.of(tx, case.policy_version), tx.now)
    if filled.act is None:
        return Came(None, 422, filled.faults[""], filled)
    if filled.act not in offered:
        return _too_late(case, filled.act)
    if filled.faults:
        return Came(None, 422, "see below what is wrong", filled)
    return _answered(tx, book, links, claim, case, filled)


def _is_double(tx: Transaction, claim: Claim, filled: Filled, what: str, at: datetime) -> bool:
    """The same form sent twice, as by a double click; another one, or another note, must not be lost without a word."""
    if tx.now - at > DOUBLE_CLICK or filled.faults or what not in (filled.what, *_ALSO.get(filled.what, ())):
        return False
    rows = [row for row in store.timeline(tx, claim.case_id) if (row["at"], row["what"]) == (at, what)]
    notes = store.notes_of(tx, claim.case_id)
    return filled.body["note"] in [notes.get(row["key"]) for row in rows]


def _answered(tx: Transaction, book: PolicyBook, links: Links, claim: Claim, before: Case, filled: Filled) -> Came:
    decide = filled.make(claim.person, dict(filled.body))
    answered = answer_case(tx, book, before.id, decide, filled.body["note"])
    if answered.refusal:
        return _refused(answered.case, answered.refusal, filled)
    case = answered.case
    is_partial = filled.act is Act.TAKE and case.state is not CaseState.ACKNOWLEDGED
    what = What.CONFIRMED if is_partial else filled.what
    spend_link(tx, claim.alert_id, case.id, claim.person, what)
    return Came(links.next(claim, case, tx.now))


def _too_late(case: Case, act: Act) -> Came:
    """Somebody was faster, or it is not for this link; who it was stands on the page: for a take that is no fault."""
    if act is Act.TAKE and (case.state is CaseState.ACKNOWLEDGED or case.confirmed_by):
        return Came()
    return Came(None, 409, "this cannot be done any more, because of what has happened meanwhile.")


def _refused(case: Case, refusal: Refusal, filled: Filled) -> Came:
    """A time that the policy does not allow is a fault of its field."""
    why = deciding.why_not(case, refusal)
    if refusal in (Refusal.TOO_LATE, Refusal.TOO_LONG):
        field = "until" if filled.act is Act.PAUSE else "for"
        return Came(None, 422, "see below what is wrong", replace(filled, faults={field: why}))
    return Came(None, 409, why)
