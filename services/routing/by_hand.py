"""What agents and supervisors do with a complaint: accept, decline, assign by hand, hand back. Called by doors.py."""

from collections.abc import Mapping
from typing import Any

from services.routing import store
from services.routing.domain.complaint import Complaint
from services.routing.domain.entry import State
from services.routing.domain.reasons import Loss
from services.routing.domain.whynot import why_not
from services.routing.placing.desk import WAKE, Desk
from services.routing.placing.settling import load_shifts, save, settle, shift_loads
from services.routing.roster import agents_store
from shared.database import Transaction
from shared.errors import Conflict, NotFound


def accept(tx: Transaction, desk: Desk, complaint_id: str, agent_id: str, by: str, note: str | None) -> None:
    """The agent is at it: the time to answer no longer runs. Raises NotFound; Conflict when somebody else has it."""
    before = _held_by(tx, complaint_id, agent_id)
    save(tx, desk, {complaint_id: before}, {complaint_id: before.accepted(tx.now, by, note)})


def decline(tx: Transaction, desk: Desk, complaint_id: str, agent_id: str, by: str, note: str | None) -> None:
    """The agent refuses, and the next gets it. Raises NotFound; Conflict when somebody else has it."""
    before = _held_by(tx, complaint_id, agent_id)
    after = before.taken_away(Loss.DECLINED, desk.policy, tx.now, by, note)
    settle(tx, desk, {complaint_id: before}, {complaint_id: after})


def assign(
    tx: Transaction, desk: Desk, complaint_id: str, agent_id: str, by: str, note: str | None, *, force: bool
) -> None:
    """A supervisor chooses. Raises NotFound; Conflict for a closed complaint, and for an agent who could not be chosen
    otherwise, unless it is `force`."""
    before = _open(tx, complaint_id)
    if before.state is State.ASSIGNED and before.agent_id == agent_id:
        return
    known = agents_store.lock_agents(tx, {agent_id, *([before.agent_id] if before.agent_id else [])})
    if agent_id not in known:
        raise NotFound(f"no agent {agent_id}")
    lack = why_not(known[agent_id].agent, known[agent_id].room, before, tx.now)
    if lack and not force:
        raise Conflict(f"{agent_id} could not take it: {lack.value}; `force` assigns it all the same")
    after = before.assigned_by(agent_id, by, note, tx.now)
    desk.roster.current(tx)  # the event names the agent
    shift_loads(tx, load_shifts({complaint_id: before}, {complaint_id: after}))
    save(tx, desk, {complaint_id: before}, {complaint_id: after})
    tx.wake(WAKE)  # whoever had it has room now


def hand_back(
    tx: Transaction, desk: Desk, complaint_id: str, override: Mapping[str, Any], by: str, note: str | None
) -> None:
    """A supervisor puts it back into the line. Raises NotFound; Conflict for a closed one."""
    before = _open(tx, complaint_id)
    after = before.handed_back(override, by, note, desk.policy, tx.now)
    settle(tx, desk, {complaint_id: before}, {complaint_id: after})


def _open(tx: Transaction, complaint_id: str) -> Complaint:
    complaint = _known(tx, complaint_id)
    if complaint.state not in (State.WAITING, State.ASSIGNED):
        raise Conflict(f"the complaint is {complaint.state.value}: nobody can be given it")
    return complaint


def _held_by(tx: Transaction, complaint_id: str, agent_id: str) -> Complaint:
    complaint = _known(tx, complaint_id)
    if complaint.state is not State.ASSIGNED or complaint.agent_id != agent_id:
        held = f"{complaint.agent_id} has it" if complaint.state is State.ASSIGNED else f"it is {complaint.state.value}"
        raise Conflict(f"{agent_id} does not have the complaint: {held}")
    return complaint


def _known(tx: Transaction, complaint_id: str) -> Complaint:
    complaint = store.lock_complaints(tx, {complaint_id}).get(complaint_id)
    if complaint is None:
        raise NotFound(f"no complaint {complaint_id}")
    return complaint
