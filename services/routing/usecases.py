"""What routing does when others tell it something, and when it looks whom it could serve. Called by service.py."""

from collections.abc import Mapping, Sequence

from services.routing import hand_backs, store
from services.routing.domain.complaint import Complaint
from services.routing.domain.following import ComplaintEvent, follow
from services.routing.placing import choosing, keeping, turns
from services.routing.placing.desk import Desk
from services.routing.placing.settling import save, settle
from shared.contracts.escalation import CaseHandedBack
from shared.database import Transaction
from shared.erasure import erase_messages, forgotten_among

Heard = ComplaintEvent | CaseHandedBack


def follow_complaints(tx: Transaction, desk: Desk, events: Sequence[Heard]) -> None:
    """Brings the complaints to what the events say: new ones look for an agent, closed ones give theirs back."""
    before = store.lock_complaints(tx, {e.subject for e in events})
    settle(tx, desk, before, _followed(tx, desk, before, events))
    forgotten = forgotten_among(events)
    store.erase_words(tx, forgotten)
    erase_messages(tx, forgotten)


def assign_waiting(tx: Transaction, desk: Desk) -> int:
    """Gives free capacity to those that wait; the number of decisions, or of agents whose room is kept for another now.

    Finds what no event told of: a region that opened, room that came while a complaint was on its way into the line.
    """
    lines = store.lines(tx)
    before = {c.id: c for c in turns.next_in_lines(tx, desk, lines)}
    placed = choosing.place(tx, desk, list(before.values()), {})
    return save(tx, desk, before, {c.id: c for c in placed}) or keeping.keep_room(tx, desk, lines)


def _followed(
    tx: Transaction, desk: Desk, before: Mapping[str, Complaint], events: Sequence[Heard]
) -> dict[str, Complaint]:
    after = dict(before)
    for event in events:
        known = after.get(event.subject) or Complaint(event.subject, first_seen_at=tx.now)
        if isinstance(event, CaseHandedBack):
            after[event.subject] = hand_backs.follow(known, event, desk.policy, tx.now)
        else:
            after[event.subject] = follow(known, event, desk.policy, tx.now)
    return after
