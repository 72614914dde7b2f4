"""Who the agents are and whether they are there: from the roster, by HTTP, and as events. Called by service.py."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.routing import deadlines, placing, roster_store
from services.routing.domain.presence import Said
from services.routing.domain.roster import Agent
from services.routing.placing import Desk
from services.routing.roster_store import Known
from shared.database import Transaction
from shared.differences import Difference, difference
from shared.errors import NotFound, TemporaryFailure
from shared.hours.calendar import Absence, Shift

CLOCKS_DIFFER_BY = timedelta(minutes=10)


@dataclass(frozen=True)
class AgentTold:
    """An agent as upstream knows them. at: when it said so; None = now."""

    agent: Agent
    at: datetime | None = None

    @property
    def subject(self) -> str:
        return self.agent.id


@dataclass(frozen=True)
class Content:
    """All that a roster says of an agent, in the words and the order of a body."""

    name: str
    skills: Mapping[str, int]
    languages: Mapping[str, int]
    regions: tuple[str, ...]
    capacity: int
    teams: tuple[str, ...]
    timezone: str
    shifts: tuple[Shift, ...]
    absences: tuple[Absence, ...]
    holidays: str | None


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


def check_agents(tx: Transaction, wanted: Sequence[Agent]) -> Difference:
    """What storing them would change."""
    return _difference(roster_store.find_agents(tx, {agent.id for agent in wanted}), wanted)


def put_agents(tx: Transaction, desk: Desk, wanted: Sequence[Agent]) -> Difference:
    """All or none; those that are not named stay as they are."""
    found = _difference(roster_store.lock_agents(tx, {agent.id for agent in wanted}), wanted)
    apply_agents(tx, desk, [AgentTold(agent) for agent in wanted])
    return replace(found, stored=True)


def apply_agents(tx: Transaction, desk: Desk, told: Sequence[AgentTold]) -> None:
    """Adds or changes agents, all or none; told again, nothing changes. Their status follows at once."""
    told = [replace(one, at=_believed(one.at, tx.now)) if one.at else one for one in told]
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
        said = replace(one.said, at=_believed(one.said.at, tx.now))
        if one.agent_id not in newest or newest[one.agent_id].at <= said.at:
            newest[one.agent_id] = said
    known = roster_store.lock_agents(tx, newest)
    if missing := sorted(newest.keys() - known.keys()):
        raise NotFound(f"no agent {missing[0]}")
    later = {id_: said for id_, said in newest.items() if _is_later(said, known[id_].said)}
    for id_, said in sorted(later.items()):
        roster_store.save_presence(tx, id_, said)
    deadlines.look_at(tx, desk, [replace(known[id_], said=said) for id_, said in sorted(later.items())])
    return roster_store.lock_agents(tx, newest)


def content(a: Agent) -> Content:
    return Content(
        a.name,
        a.skills,
        a.languages,
        a.regions,
        a.capacity,
        a.teams,
        a.calendar.timezone,
        a.calendar.shifts,
        a.absences,
        a.holidays,
    )


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
