"""Who the agents are and whether they are there: from the roster, by HTTP, and as events. Called by service.py."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.routing import deadlines, placing, roster_store
from services.routing.domain.presence import Said
from services.routing.domain.roster import Agent
from services.routing.placing import Desk
from services.routing.roster_store import Known
from shared.database import Transaction
from shared.errors import NotFound, TemporaryFailure


@dataclass(frozen=True)
class AgentTold:
    """An agent as upstream knows them. at: when it said so; None = now."""

    agent: Agent
    at: datetime | None = None

    @property
    def subject(self) -> str:
        return self.agent.id


@dataclass(frozen=True)
class PresenceTold:
    agent_id: str
    said: Said

    @property
    def subject(self) -> str:
        return self.agent_id


def follow_workforce(tx: Transaction, desk: Desk, events: Sequence[AgentTold | PresenceTold]) -> None:
    """Agents first: a presence may come with the event that makes its agent known, or before it: then it waits."""
    # All of them at once, so in order of id, and before the roster.
    roster_store.lock_agents(tx, {event.subject for event in events})
    apply_agents(tx, desk, [event for event in events if isinstance(event, AgentTold)])
    try:
        set_presences(tx, desk, [event for event in events if isinstance(event, PresenceTold)])
    except NotFound as error:
        raise TemporaryFailure(f"{error.detail} yet") from error


def apply_agents(tx: Transaction, desk: Desk, told: Sequence[AgentTold]) -> None:
    """Adds or changes agents, all or none; told again, nothing changes. Their status follows at once."""
    newest = {one.agent.id: one for one in sorted(told, key=lambda one: one.at or tx.now)}
    known = roster_store.lock_agents(tx, newest)
    wanted = [one for one in newest.values() if not _is_late(one, known.get(one.agent.id))]
    roster_store.note_told(tx, {one.agent.id: one.at or tx.now for one in wanted if one.agent.id in known})
    changed = [one for one in wanted if one.agent.id not in known or _differs(one.agent, known[one.agent.id].agent)]
    if not changed:
        return
    desk.roster.is_changed_by(tx)
    new = {one.agent.id: one.at or tx.now for one in changed if one.agent.id not in known}
    roster_store.put_agents(tx, sorted((one.agent for one in changed), key=lambda a: a.id), new)
    ids = {one.agent.id for one in changed}
    deadlines.look_at(tx, desk, list(roster_store.lock_agents(tx, ids).values()))
    tx.wake(placing.WAKE)


def set_presences(tx: Transaction, desk: Desk, told: Iterable[PresenceTold]) -> dict[str, Known]:
    """What is said of agents; what is older than what is known changes nothing. Raises NotFound."""
    newest: dict[str, Said] = {}
    for one in told:
        if one.agent_id not in newest or newest[one.agent_id].at <= one.said.at:
            newest[one.agent_id] = one.said
    known = roster_store.lock_agents(tx, newest)
    if missing := sorted(newest.keys() - known.keys()):
        raise NotFound(f"no agent {missing[0]}")
    later = {id_: said for id_, said in newest.items() if _is_later(said, known[id_].said)}
    for id_, said in sorted(later.items()):
        roster_store.save_presence(tx, id_, said)
    deadlines.look_at(tx, desk, [replace(known[id_], said=said) for id_, said in sorted(later.items())])
    return roster_store.lock_agents(tx, newest)


def content(agent: Agent) -> dict[str, object]:
    """All that a roster says of an agent, by name."""
    calendar = agent.calendar
    return {
        **{name: value for name, value in vars(agent).items() if name not in ("id", "revision", "calendar")},
        "timezone": calendar.timezone,
        "shifts": calendar.shifts,
    }


def _differs(agent: Agent, known: Agent) -> bool:
    return content(agent) != content(known)


def _is_late(told: AgentTold, known: Known | None) -> bool:
    """Older than what is known."""
    return known is not None and told.at is not None and known.told_at is not None and told.at < known.told_at


def _is_later(said: Said, known: Said | None) -> bool:
    return known is None or (said.at >= known.at and said != known)
