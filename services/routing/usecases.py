"""What routing does: follows complaints, assigns those that wait, takes the roster. Called by service.py."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from services.routing import metrics, placing, roster_store, store
from services.routing.domain.choice import has_room
from services.routing.domain.complaint import Complaint, ComplaintEvent, State
from services.routing.domain.reasons import Reason
from services.routing.domain.roster import Agent
from services.routing.placing import Desk
from services.routing.store import Line
from shared.contracts.routing import (
    ComplaintAssigned,
    ComplaintQueued,
    Needs,
    QueuedReason,
)
from shared.database import Transaction
from shared.erasure import erase_messages, forgotten_among

BATCH = 100
LINES = 200  # that one batch is taken from, the most urgent first


def follow_complaints(tx: Transaction, desk: Desk, events: Sequence[ComplaintEvent]) -> None:
    """Brings the complaints to what the events say: new ones look for an agent, closed ones give theirs back.

    Those that wait already are served together with the new ones, by priority and age: nobody overtakes them.
    """
    before = store.lock_complaints(tx, {e.subject for e in events})
    after = _followed(tx, desk, before, events)
    shifts = _load_shifts(before, after)
    metrics.count_released(sum(c.held_weight > 0 and not after[id_].held_weight for id_, c in before.items()))
    seeking = [c for c in after.values() if c.state is State.WAITING and c.reason is None]
    if seeking or shifts:
        waiting = [after.get(c.id, c) for c in _next_waiting(tx, desk, store.lines(tx), shifts)]
        # Without those that the events closed, and those among `seeking`, which have no reason yet.
        served = [c for c in waiting if c.state is State.WAITING and c.reason is not None]
        after |= {c.id: c for c in placing.place(tx, desk, [*seeking, *served], shifts)}
        before = {c.id: c for c in served} | before
    store.save_complaints(tx, [c for id_, c in after.items() if id_ in before and c is not before[id_]])
    store.add_complaints(tx, [c for id_, c in after.items() if id_ not in before])
    _announce(tx, desk, before, after.values())
    erase_messages(tx, forgotten_among(events))


def assign_waiting(tx: Transaction, desk: Desk) -> int:
    """Gives free capacity to those that wait; the number of complaints about which something was decided."""
    lines = store.lines(tx)
    metrics.show_waiting(_count_by_reason(lines))
    before = {c.id: c for c in _next_waiting(tx, desk, lines, {})}
    changed = [c for c in placing.place(tx, desk, list(before.values()), {}) if c is not before[c.id]]
    store.save_complaints(tx, changed)
    _announce(tx, desk, before, changed)
    return len(changed)


def apply_agent(tx: Transaction, agent: Agent) -> tuple[Agent, int]:
    """Adds or changes an agent and gives them back with their load; told again, nothing changes."""
    known = roster_store.find_agent(tx, agent.id)
    if known is None or _content(known[0]) != _content(agent):
        roster_store.put_agent(tx, agent)
        tx.wake(placing.WAKE)
    found = roster_store.find_agent(tx, agent.id)
    assert found is not None  # it was found or put above, and agents are never deleted
    return found


def _followed(
    tx: Transaction, desk: Desk, before: Mapping[str, Complaint], events: Sequence[ComplaintEvent]
) -> dict[str, Complaint]:
    after = dict(before)
    for event in events:
        known = after.get(event.subject) or Complaint(event.subject, first_seen_at=tx.now)
        after[event.subject] = known.after(event, desk.policy, tx.now)
    return after


def _load_shifts(before: Mapping[str, Complaint], after: Mapping[str, Complaint]) -> dict[str, int]:
    """By agent, how much load the events take away or add: the difference of what is held, so that it counts once."""
    shifts: Counter[str] = Counter()
    for id_, complaint in before.items():
        if complaint.agent_id is not None:
            shifts[complaint.agent_id] += after[id_].held_weight - complaint.held_weight
    return {agent_id: weight for agent_id, weight in shifts.items() if weight}


def _next_waiting(tx: Transaction, desk: Desk, lines: Sequence[Line], shifts: Mapping[str, int]) -> list[Complaint]:
    """The first of those that somebody has room for, or that wait for another reason than they say; locked.

    The rest is left alone, so that what nobody can take neither keeps the tick busy nor stands in the way of others.
    """
    if not lines:
        return []
    roster = desk.roster.current(tx)
    qualified = {line: roster.field(line.needs).qualified for line in lines}
    room = roster_store.read_room(tx, {id_ for ids in qualified.values() for id_ in ids})
    room |= {id_: replace(room[id_], load=room[id_].load + weight) for id_, weight in shifts.items() if id_ in room}
    due = [
        line
        for line, ids in qualified.items()
        if line.reason is not _why_waiting(ids) or has_room(line.weight, ids, room)
    ]
    taken = store.take_waiting(tx, due[:LINES], BATCH) if due else []
    if len(taken) == BATCH:
        tx.wake(placing.WAKE)
    return taken


def _why_waiting(qualified: Collection[str]) -> Reason:
    return Reason.ALL_FULL if qualified else Reason.NOBODY_QUALIFIED


def _announce(tx: Transaction, desk: Desk, before: Mapping[str, Complaint], after: Collection[Complaint]) -> None:
    for complaint in after:
        if complaint.attempt > (before[complaint.id].attempt if complaint.id in before else 0):
            tx.announce(_event(desk, complaint))
            metrics.count_decision(complaint)


def _event(desk: Desk, c: Complaint) -> ComplaintAssigned | ComplaintQueued:
    needs = c.demand.needs if c.demand else Needs()
    assert c.decided_at is not None and c.reason is not None  # both are set with every decision
    if c.state is State.WAITING or c.agent_id is None:
        return ComplaintQueued(c.id, c.attempt, needs, QueuedReason(c.reason.value), c.decided_at)
    score = (c.decision or {}).get("score", {})
    return ComplaintAssigned(
        c.id,
        c.attempt,
        c.agent_id,
        desk.roster.name_of(c.agent_id),
        c.decided_at,
        needs.region,
        needs.language,
        dict(score),
    )


def _count_by_reason(lines: Sequence[Line]) -> Counter[Reason]:
    counts: Counter[Reason] = Counter()
    for line in lines:
        counts[line.reason] += line.count
    return counts


def _content(agent: Agent) -> tuple[object, ...]:
    return agent.name, agent.skills, agent.languages, agent.regions, agent.capacity
