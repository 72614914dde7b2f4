"""Agents come, change and go: as they are told of by HTTP or as events, and as time passes. Called by service.py."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from services.routing.domain.presence import Said, Status, status_at
from services.routing.domain.roster import Agent
from services.routing.placing import choosing, turns
from services.routing.placing.desk import WAKE, Desk
from services.routing.placing.settling import save
from services.routing.roster import agents_store
from services.routing.roster.agents_store import Known, Look
from services.routing.roster.told import AgentTold, PresenceTold, content
from shared.database import Transaction
from shared.differences import Difference, difference
from shared.errors import NotFound, TemporaryFailure

CLOCKS_DIFFER_BY = timedelta(minutes=10)
AT_ONCE = 20  # whose status changes in one transaction: each may be given as many complaints as they have room for


def follow_workforce(tx: Transaction, desk: Desk, events: Sequence[AgentTold | PresenceTold]) -> None:
    """Agents first: a presence may come with the event that makes its agent known, or before it: then it waits."""
    # All of them at once, so in order of id, and before the roster.
    agents_store.lock_agents(tx, {event.subject for event in events})
    apply_agents(tx, desk, [event for event in events if isinstance(event, AgentTold)])
    try:
        set_presences(tx, desk, [event for event in events if isinstance(event, PresenceTold)])
    except NotFound as error:
        raise TemporaryFailure(f"{error.detail} yet") from error


def check_agents(tx: Transaction, wanted: Sequence[Agent]) -> Difference:
    """What storing them would change."""
    return _difference(agents_store.find_agents(tx, {agent.id for agent in wanted}), wanted)


def put_agents(tx: Transaction, desk: Desk, wanted: Sequence[Agent]) -> Difference:
    """All or none; those that are not named stay as they are."""
    found = _difference(agents_store.lock_agents(tx, {agent.id for agent in wanted}), wanted)
    apply_agents(tx, desk, [AgentTold(agent) for agent in wanted])
    return replace(found, stored=True)


def apply_agents(tx: Transaction, desk: Desk, told: Sequence[AgentTold]) -> None:
    """Adds or changes agents, all or none; told again, nothing changes. Their status follows at once."""
    told = [replace(one, at=_believed(one.at, tx.now)) if one.at else one for one in told]
    newest = {one.agent.id: one for one in sorted(told, key=lambda one: one.at or tx.now)}
    known = agents_store.lock_agents(tx, newest)
    wanted = [one for one in newest.values() if not _is_late(one, known.get(one.agent.id))]
    agents_store.note_told(tx, {one.agent.id: one.at or tx.now for one in wanted if one.agent.id in known})
    changed = [one for one in wanted if one.agent.id not in known or _differs(one.agent, known[one.agent.id].agent)]
    if not changed:
        return
    desk.roster.is_changed_by(tx)
    new = {one.agent.id: one.at or tx.now for one in changed if one.agent.id not in known}
    agents_store.put_agents(tx, sorted((one.agent for one in changed), key=lambda a: a.id), new)
    ids = {one.agent.id for one in changed}
    look_at(tx, desk, list(agents_store.lock_agents(tx, ids).values()))
    tx.wake(WAKE)


def set_presences(tx: Transaction, desk: Desk, told: Iterable[PresenceTold]) -> dict[str, Known]:
    """What is said of agents; what is older than what is known changes nothing. Raises NotFound."""
    newest: dict[str, Said] = {}
    for one in told:
        said = replace(one.said, at=_believed(one.said.at, tx.now))
        if one.agent_id not in newest or newest[one.agent_id].at <= said.at:
            newest[one.agent_id] = said
    known = agents_store.lock_agents(tx, newest)
    if missing := sorted(newest.keys() - known.keys()):
        raise NotFound(f"no agent {missing[0]}")
    later = {id_: said for id_, said in newest.items() if _is_later(said, known[id_].said)}
    for id_, said in sorted(later.items()):
        agents_store.save_presence(tx, id_, said)
    look_at(tx, desk, [replace(known[id_], said=said) for id_, said in sorted(later.items())])
    return agents_store.lock_agents(tx, newest)


def follow_agents(tx: Transaction, desk: Desk) -> int:
    """Shifts, breaks, absences and presences that begin or end; the number of agents."""
    known = agents_store.claim_due(tx, AT_ONCE)
    look_at(tx, desk, known)
    return len(known)


def look_at(tx: Transaction, desk: Desk, agents: Sequence[Known]) -> None:
    """Brings the status of locked agents up to date; who has room is given the first of those that wait, at once."""
    looks = {known.agent.id: _look(known, tx.now) for known in agents}
    agents_store.save_status(tx, looks)
    free = {
        known.agent.id: known.room.capacity - known.room.load
        for known in agents
        if looks[known.agent.id].status is Status.AVAILABLE and known.room.capacity > known.room.load
    }
    before = {c.id: c for c in turns.next_waiting(tx, desk, free, {})}
    placed = choosing.place(tx, desk, list(before.values()), {}, among=looks.keys()) if before else []
    save(tx, desk, before, {c.id: c for c in placed})
    if any(look.vacate for look in looks.values()):
        tx.wake("empty_desks")


def _look(known: Known, now: datetime) -> Look:
    status, until = status_at(known.said, known.agent.absences, known.agent.calendar, now)
    left = status.is_gone and (known.vacate or not known.room.status.is_gone)
    return Look(status, until, left)


def _difference(known: Mapping[str, Known], wanted: Sequence[Agent]) -> Difference:
    before = {id_: content(one.agent) for id_, one in known.items()}
    return difference(before, {agent.id: content(agent) for agent in wanted})


def _differs(agent: Agent, known: Agent) -> bool:
    return content(agent) != content(known)


def _believed(at: datetime, now: datetime) -> datetime:
    """A time far ahead would be newer than all that is said until then: it counts as now."""
    return at if at <= now + CLOCKS_DIFFER_BY else now


def _is_late(told: AgentTold, known: Known | None) -> bool:
    """Older than what is known."""
    return known is not None and told.at is not None and known.told_at is not None and told.at < known.told_at


def _is_later(said: Said, known: Said | None) -> bool:
    return known is None or (said.at >= known.at and said != known)
