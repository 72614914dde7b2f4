"""The box at the top of the page: how things stand for the reader, and what has happened meanwhile. Used by page.py."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.escalation.domain.case import CaseState, Ending, What
from services.escalation.pages.view import View
from services.escalation.pages.wording import listed, words

KEEP = "You go on with it on this page: keep it open, or keep its address."
LINK_COMES = "The next alert or reminder brings a link with which you can go on; so does the API."
_USED = {
    What.ACKNOWLEDGED: "to take the case",
    What.CONFIRMED: "to answer it; the others of the level must answer, too",
    What.TAKEN_OVER: "to take the case over",
    What.SNOOZED: "to put the case off",
    What.HANDED_BACK: "to give the complaint back to the agents",
    What.PAUSED: "to stop the clocks",
    What.RESUMED: "to let the clocks run again",
    What.REMARKED: "to add a note",
    What.REQUESTED: "to ask the next level",
    What.RESOLVED: "to resolve the case",
}


@dataclass(frozen=True)
class State:
    headline: str
    at: datetime | None = None
    more: str = ""


def state_of(view: View) -> State:
    case = view.case
    if case.ending is Ending.MERGED:
        return _merged(view)
    return _STATES.get(case.state, _open)(view)


def _merged(view: View) -> State:
    row = view.last(What.MERGED)
    which = f"complaint {row['details']['into']}" if row and "into" in row["details"] else "another complaint"
    return State(f"Part of {which} now", view.case.closed_at, "Whoever is needed there is alerted for it.")


def _resolved(view: View) -> State:
    case = view.case
    outcome = f": {words(case.outcome)}" if case.outcome else ""
    remedies = f"The customer got: {listed([*case.remedies])}. " if case.remedies else ""
    headline = f"Resolved by {view.name(case.closed_by)}{outcome}"
    return State(headline, case.closed_at, f"{remedies}Nothing more is needed.")


def _acknowledged(view: View) -> State:
    case = view.case
    if case.acknowledged_by == view.claim.person:
        # Whoever closes the tab has only links that were used, until the next reminder.
        keep = "" if view.spent else f" {KEEP}"
        more = f"Nobody else is alerted any more.{_by(view)}{keep}"
        return State("You have taken this case", case.acknowledged_at, more)
    taker = view.name(case.acknowledged_by)
    return State(f"{taker} has taken this case", case.acknowledged_at, "Nothing more is needed.")


def _by(view: View) -> str:
    by = view.case.follow_up_by
    return f" Resolve it or go on with it by {view.when(by)}." if by else ""


def _snoozed(view: View) -> State:
    row = view.last(What.SNOOZED)
    who = view.name(row["actor"]) if row else "Somebody"
    until = f" until {view.when(view.case.respond_by)}" if view.case.respond_by else ""
    return State(f"{who} has put this case off{until}", row["at"] if row else None, "Then whoever is there is alerted.")


def _muted(view: View) -> State:
    row, parent = view.last(What.LINKED), view.parent
    which = f"{'major complaint' if parent and parent.is_major else 'complaint'} {view.case.parent_id}"
    now = f"That one is {words(parent.state)} now" if parent else "That one is not known any more"
    taker = f", taken by {view.name(parent.acknowledged_by)}" if parent and parent.acknowledged_by else ""
    more = f"{now}{taker}. Its alerts speak for this one, and it is resolved with it."
    return State(f"Part of the {which}", row["at"] if row else None, more)


def _open(view: View) -> State:
    row = view.last(What.HANDED_BACK, What.OPENED, What.REOPENED, What.UNLINKED)
    if row and row["what"] == What.HANDED_BACK:
        headline = f"{view.name(row['actor'])} gave this complaint back to the agents"
        return State(headline, row["at"], "Nobody has taken the case.")
    return _calling(view)


def _calling(view: View) -> State:
    case, reader = view.case, view.claim.person
    if reader in case.confirmed_by:
        waiting = ", ".join(view.name(one) for one in case.recipients if one not in case.confirmed_by)
        return State("You have answered", None, f"At this level all must: it waits for {waiting}.")
    return State("Nobody has taken this case yet", None, "Whoever takes it stops the alerts to the next level.")


def _exhausted(view: View) -> State:
    return State("Nobody has taken this case, and no level is left", None, "It can still be taken.")


_STATES: dict[CaseState, Callable[[View], State]] = {
    CaseState.RESOLVED: _resolved,
    CaseState.ACKNOWLEDGED: _acknowledged,
    CaseState.SNOOZED: _snoozed,
    CaseState.MUTED: _muted,
    CaseState.OPEN: _open,
    CaseState.ESCALATED: _calling,
    CaseState.EXHAUSTED: _exhausted,
}


def meanwhile(view: View) -> str:
    """For a link of an escalation that is no longer the present one; nothing for any other."""
    case, claim = view.case, view.claim
    if view.is_present or case.state is CaseState.RESOLVED:
        return ""
    if case.level == 0:
        return f"You were alerted at level {claim.level}; the case is at no level now."
    if case.level != claim.level:
        return f"You were alerted at level {claim.level}; the case is at level {case.level} now."
    return f"You were alerted at level {claim.level}; the level has been alerted again since."


def used_for(view: View) -> str:
    """Of a link that was used: for what and when."""
    if view.spent is None:
        return ""
    what, at = view.spent
    once = f"This link was used {view.when(at)} {_USED.get(What(what), 'once')}. A link works once."
    has_it = view.case.state is CaseState.ACKNOWLEDGED and view.case.acknowledged_by == view.claim.person
    return f"{once} {LINK_COMES}" if has_it else once
