"""What intake does: takes complaints, contacts and steps in, each batch in one transaction. Called by service.py."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from services.intake import announcements, metrics, store
from services.intake.domain import arrivals
from services.intake.domain.arrivals import Circumstances, Outcome
from services.intake.domain.complaint import Complaint, Read, State, Step, blank
from services.intake.domain.endings import holder, merged, successor
from services.intake.domain.matters import Earlier, MatterRules, Told, known, same_matter
from services.intake.redaction import excerpt
from shared.database import Transaction
from shared.errors import Conflict, NotFound, Rejected

log = structlog.get_logger()
KEYS_KEPT_FOR = timedelta(days=2)


@dataclass
class _Desk:
    """The complaints of one batch while it is worked off."""

    tx: Transaction
    now: datetime
    known: dict[str, Complaint]
    seen_contacts: set[str]
    rules: MatterRules
    recent: Counter[str]
    changed: dict[str, Complaint] = field(default_factory=dict)
    new_contacts: list[tuple[str, Read]] = field(default_factory=list)

    def current(self, arrival: Read | Step) -> Complaint:
        """The complaint that the arrival belongs to; for a merged one, the one that has it now."""
        return holder(self._find(arrival.complaint_id) or blank(arrival), self._find)

    def begun_anew(self, forgotten: Complaint, arrival: Read) -> Complaint:
        """Something new about a forgotten complaint: it does not come back to life, another one begins."""
        new = successor(forgotten, arrival)
        self.changed[forgotten.id] = replace(forgotten, merged_into=new.id)
        return new

    def _find(self, id_: str) -> Complaint | None:
        return self.changed.get(id_) or self.known.get(id_)


def take_in(tx: Transaction, rules: MatterRules, arrivals: Sequence[Read | Step]) -> None:
    """Stores and announces what came in, in the order in which it came; copies change nothing."""
    desk = _open_desk(tx, rules, arrivals)
    for arrival in arrivals:
        if isinstance(arrival, Step):
            _take_step(desk, arrival)
        elif arrival.id not in desk.seen_contacts:
            _take_contact(desk, arrival)
        else:
            tx.once_committed(metrics.REPEATED.inc)
    store.add_complaints(tx, [x for id_, x in desk.changed.items() if id_ not in desk.known], desk.now)
    store.save_complaints(tx, [x for id_, x in desk.changed.items() if id_ in desk.known])
    store.add_contacts(tx, desk.new_contacts, desk.now)


def _open_desk(tx: Transaction, rules: MatterRules, arrivals: Sequence[Read | Step]) -> _Desk:
    found = store.lock_complaints(tx, {a.complaint_id for a in arrivals})
    new = _of_new_complaints(arrivals, found)
    merges = _merge_known(tx, rules, new) if new else {}
    found |= store.lock_holders(tx, (*found.values(), *merges.values()))
    seen = store.seen_contacts(tx, [a for a in arrivals if a.complaint_id in found])
    recent = store.contacts_since(tx, found, tx.now - rules.repeat_within)
    return _Desk(tx, tx.now, found, seen, rules, Counter(recent), merges)


def _of_new_complaints(arrivals: Sequence[Read | Step], found: Mapping[str, Complaint]) -> list[Read]:
    """The first contact of each complaint that we have not seen, where we know the customer."""
    first = {a.complaint_id: a for a in reversed(arrivals) if isinstance(a, Read) and a.complaint_id not in found}
    return [a for a in arrivals if first.get(a.complaint_id) is a and any(known(a.submission.customer))]


def _merge_known(tx: Transaction, rules: MatterRules, new: Sequence[Read]) -> dict[str, Complaint]:
    """Of new complaints those that the customer has told us of already on another channel, by id."""
    store.lock_customers(tx, [known(read.submission.customer) for read in new])
    told = Told(store.earlier_contacts(tx, [read.submission for read in new], tx.now - rules.window))
    merges: dict[str, Complaint] = {}
    for read in new:
        now_told = read.submission
        into = same_matter(now_told, told, rules)
        if into:
            merges[read.complaint_id] = merged(read, into)
        else:
            told.add(Earlier(read.complaint_id, now_told.channel, now_told.text, known(now_told.customer)))
    return merges


def _take_contact(desk: _Desk, read: Read) -> None:
    desk.seen_contacts.add(read.id)
    before = desk.current(read)
    if before.state is State.FORGOTTEN:
        before = desk.begun_anew(before, read)
    desk.new_contacts.append((before.id, read))
    shown = excerpt(read.submission.text, before.customer.filled(read.submission.customer))
    around = Circumstances(desk.now, desk.rules, desk.recent[before.id])
    _keep(desk, arrivals.contacted(before, read, shown, around))
    desk.recent[before.id] += arrivals.is_recent(read, desk.now, desk.rules)


def _take_step(desk: _Desk, step: Step) -> None:
    before = desk.current(step)
    if before.state is State.FORGOTTEN:
        log.info("step_of_forgotten", complaint_id=before.id, step=step.kind.value)
    elif (outcome := arrivals.stepped(before, step)).complaint is not before:
        _keep(desk, outcome)


def _keep(desk: _Desk, outcome: Outcome) -> None:
    desk.changed[outcome.complaint.id] = outcome.complaint
    for turn in outcome.turns:
        desk.tx.announce(announcements.told(turn, desk.now))
        if isinstance(turn.cause, Read):
            desk.tx.once_committed(partial(metrics.count, turn.cause, is_new=turn.is_first))


def submit(tx: Transaction, rules: MatterRules, read: Read, caller: str, key: str | None, body_hash: str) -> str:
    """Takes one complaint in by HTTP and gives its id; an Idempotency-Key used for another body is refused."""
    complaint_id = read.complaint_id
    if key:
        first_hash, complaint_id = store.remember_key(tx, caller, key, body_hash, complaint_id)
        if first_hash != body_hash:
            raise Rejected("this Idempotency-Key was used for another body")
    take_in(tx, rules, [read])
    return complaint_id


def complaint_for_contact(tx: Transaction, complaint_id: str) -> Complaint:
    """The complaint that a further contact belongs to; NotFound when there is none."""
    complaint = store.find_complaint(tx, complaint_id)
    if complaint is None or complaint.state is State.EXPECTED:
        raise NotFound(f"no complaint {complaint_id}")
    if complaint.state is State.FORGOTTEN:
        raise Conflict(f"the customer of complaint {complaint_id} was forgotten: send it as a new complaint")
    return complaint


def add_contact(tx: Transaction, rules: MatterRules, complaint_id: str, read: Read) -> None:
    """Takes in a further contact of the complaint; raises like complaint_for_contact.

    It was asked when the contact was read, and is asked again under lock: what the contact says of the customer may be
    what we knew, and must not come back when they were forgotten meanwhile.
    """
    store.lock_complaints(tx, {complaint_id, read.complaint_id})
    complaint_for_contact(tx, complaint_id)
    take_in(tx, rules, [read])


def sweep_keys(tx: Transaction) -> int:
    """Forgets Idempotency-Keys that no sender repeats any more."""
    return store.forget_keys(tx, tx.now - KEYS_KEPT_FOR)
