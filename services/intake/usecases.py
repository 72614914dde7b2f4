"""What intake does: takes complaints, contacts and steps in, each batch in one transaction. Called by service.py."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.intake import announcements, metrics, store
from services.intake.domain import Complaint, Read, State, Step, StepKind, blank
from shared.database import Transaction
from shared.errors import NotFound, Rejected

KEYS_KEPT_FOR = timedelta(days=2)


@dataclass
class _Desk:
    """The complaints of one batch while it is worked off."""

    tx: Transaction
    now: datetime
    known: dict[str, Complaint]
    seen_contacts: set[str]
    changed: dict[str, Complaint] = field(default_factory=dict)
    new_contacts: list[Read] = field(default_factory=list)

    def current(self, arrival: Read | Step) -> Complaint:
        id_ = arrival.complaint_id
        return self.changed.get(id_) or self.known.get(id_) or blank(arrival)


def take_in(tx: Transaction, arrivals: Sequence[Read | Step]) -> None:
    """Stores and announces what came in, in the order in which it came; copies change nothing."""
    known = store.lock_complaints(tx, {a.complaint_id for a in arrivals})
    desk = _Desk(tx, tx.now, known, store.seen_contacts(tx, [a for a in arrivals if a.complaint_id in known]))
    for arrival in arrivals:
        if isinstance(arrival, Step):
            _take_step(desk, arrival)
        elif arrival.id not in desk.seen_contacts:
            _take_contact(desk, arrival)
    store.add_complaints(tx, [x for id_, x in desk.changed.items() if id_ not in known], desk.now)
    store.save_complaints(tx, [x for id_, x in desk.changed.items() if id_ in known])
    store.add_contacts(tx, desk.new_contacts, desk.now)


def _take_contact(desk: _Desk, read: Read) -> None:
    desk.seen_contacts.add(read.id)
    desk.new_contacts.append(read)
    before = desk.current(read)
    if before.state is State.RESOLVED:
        # Who writes again is not done with it: the complaint opens again, whatever upstream thinks.
        before = _apply(desk, before, Step(StepKind.REOPENED, before.source, before.external_id, desk.now))
    after = before.with_contact(read, desk.now)
    desk.tx.announce(announcements.facts(after, is_new=before.verdict is None))
    metrics.count(read, is_new=before.verdict is None)
    for step in after.waiting_steps:
        after = _apply(desk, after, step)
    desk.changed[after.id] = replace(after, waiting_steps=())


def _take_step(desk: _Desk, step: Step) -> None:
    before = desk.current(step)
    if before.state is State.EXPECTED:
        desk.changed[before.id] = replace(before, waiting_steps=(*before.waiting_steps, step))
    else:
        desk.changed[before.id] = _apply(desk, before, step)


def _apply(desk: _Desk, complaint: Complaint, step: Step) -> Complaint:
    after = complaint.with_step(step)
    desk.tx.announce(announcements.step(after, step, desk.now))
    return after


def submit(tx: Transaction, read: Read, caller: str, key: str | None, body_hash: str) -> str:
    """Takes one complaint in by HTTP and gives its id; an Idempotency-Key used for another body is refused."""
    complaint_id = read.complaint_id
    if key:
        first_hash, complaint_id = store.remember_key(tx, caller, key, body_hash, complaint_id)
        if first_hash != body_hash:
            raise Rejected("this Idempotency-Key was used for another body")
    take_in(tx, [read])
    return complaint_id


def complaint_for_contact(tx: Transaction, complaint_id: str) -> Complaint:
    """The complaint that a further contact belongs to; NotFound when there is none."""
    complaint = store.find_complaint(tx, complaint_id)
    if complaint is None or complaint.state is State.EXPECTED:
        raise NotFound(f"no complaint {complaint_id}")
    return complaint


def sweep_keys(tx: Transaction) -> int:
    """Forgets Idempotency-Keys that no sender repeats any more."""
    return store.forget_keys(tx, tx.now - KEYS_KEPT_FOR)
