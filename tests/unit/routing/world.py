"""A small world for routing: what may happen in it, step by step, and what is known of it without asking routing."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from services.routing.domain.needs import Wanted
from services.routing.domain.policy import Policy, Relaxation, When
from services.routing.domain.presence import Presence, Said, Status, status_at
from services.routing.domain.roster import Agent
from services.routing.placing.desk import Desk
from services.routing.roster.known_rooms import KnownRooms
from services.routing.roster.known_roster import KnownRoster
from services.routing.usecases import Heard
from shared.contracts.event import Severity
from shared.errors import Conflict, NotFound
from shared.hours.calendar import Absence, Calendar
from shared.policy.words import NONE
from tests.unit.routing.builders import (
    Office,
    a_policy,
    a_rule,
    an_agent,
    answered,
    case_resolved,
    classified,
    forgotten,
    handed_back,
    merged,
    reopened,
    resolved,
    updated,
)
from tests.unit.shared.hours import hours_in, shifts

START = datetime(2026, 10, 23, 9, tzinfo=UTC)  # a Friday; on Sunday the clocks go back, and Wednesday is a holiday
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CATEGORIES, LANGUAGES, REGIONS = ("billing", "safety"), ("cs", "de"), ("CZ", "DE")
HEAVY = {s: 2 if s is Severity.CRITICAL else 1 for s in Severity}
RECALL = a_rule(
    "recall", when=When(campaign=frozenset({"recall"})), wanted=Wanted(skill=NONE, team="recall"), weight=HEAVY
)
SUN = a_rule("sun", when=When(category=frozenset({"safety"})), follow_the_sun=True, weight=HEAVY)
PLAN = (
    Relaxation(15 * MINUTE, Wanted(skill_level=1)),
    Relaxation(HOUR, Wanted(region=NONE)),
    Relaxation(4 * HOUR, Wanted(skill=NONE, language=NONE, region=NONE)),
)
REST = a_rule(
    "rest",
    wanted=Wanted(skill_level=3, language_level=2),
    weight=HEAVY,
    relax=PLAN,
    answer_within={s: 20 * MINUTE if s.is_severe else None for s in Severity},
)
CLOSED = shifts(holidays=frozenset({date(2026, 10, 28)}))
POLICIES = (
    a_policy(
        RECALL, SUN, REST, version="one", hours=(hours_in("CZ", calendar=CLOSED),), attempts=2, patience=20 * MINUTE
    ),
    a_policy(
        SUN,
        replace(REST, relax=PLAN[:1], answer_within=dict.fromkeys(Severity, HOUR)),
        version="two",
        hours=(hours_in("DE", calendar=shifts(6, 22, zone="UTC", days=frozenset(range(7)))),),
        ageing=5 * MINUTE,
        spacing=MINUTE,
    ),
)
IDS, NAMES = st.sampled_from([f"c{n}" for n in range(7)]), st.sampled_from("abcd")
FACTS = {
    "category": st.sampled_from(CATEGORIES),
    "language": st.sampled_from([*LANGUAGES, "und"]),
    "region": st.sampled_from([*REGIONS, None]),
    "severity": st.sampled_from(Severity),
    "campaign": st.sampled_from([None, None, "recall"]),
    "customer": st.sampled_from([None, "k1", "k2"]),
}
REVISIONS = st.integers(1, 9)
EVENTS = st.one_of(
    st.builds(classified, IDS, **FACTS),
    st.builds(classified, IDS, **FACTS),
    st.builds(updated, IDS, REVISIONS, **FACTS),
    st.builds(answered, IDS, REVISIONS),
    st.builds(resolved, IDS, REVISIONS),
    st.builds(reopened, IDS, REVISIONS),
    st.builds(case_resolved, IDS, REVISIONS),
    st.builds(merged, IDS, REVISIONS),
    st.builds(forgotten, IDS, REVISIONS),
)
CALENDARS = (
    Calendar("UTC"),
    Calendar("UTC"),
    shifts(),
    shifts(14, 22, days=frozenset(range(7)), breaks=((17, 18),)),
    shifts(22, 6, zone="UTC", days=frozenset(range(7))),
)
AGENTS = st.builds(
    an_agent,
    NAMES,
    st.dictionaries(st.sampled_from(CATEGORIES), st.integers(1, 5), min_size=1),
    st.dictionaries(st.sampled_from(LANGUAGES), st.integers(1, 5), min_size=1),
    st.sets(st.sampled_from([*REGIONS, "*"]), min_size=1).map(sorted),
    st.integers(0, 3),
    teams=st.sampled_from([(), ("recall",)]),
    calendar=st.sampled_from(CALENDARS),
    absences=st.sampled_from([(), (), (Absence(START + HOUR, START + 3 * HOUR),)]),
)
NEEDS = st.sampled_from([{}, {"region": None}, {"skill": "safety", "skill_level": 2}, {"team": "recall"}])


@dataclass
class World:
    """An office, and what was told to it of its agents."""

    office: Office
    roster: dict[str, Agent] = field(default_factory=dict)
    said: dict[str, Said] = field(default_factory=dict)
    forced: set[str] = field(default_factory=set)
    replica: Desk | None = None

    @property
    def now(self) -> datetime:
        assert self.office.at is not None
        return self.office.at

    @property
    def policy(self) -> Policy:
        return self.office.desk.policy

    def is_at_work(self, id_: str) -> bool:
        agent = self.roster[id_]
        return status_at(self.said.get(id_), agent.absences, agent.calendar, self.now)[0] is Status.AVAILABLE

    def is_open(self, hours: str | None) -> bool:
        known = self.policy.hours_named(hours)
        return known is None or known.calendar.is_open(self.now)


@dataclass(frozen=True)
class Step:
    """what: a word for what is done to the world, with its arguments."""

    what: str
    args: tuple[Any, ...]

    def take(self, world: World) -> None:
        try:
            getattr(self, f"_{self.what}")(world, *self.args)
        except (Conflict, NotFound):
            return  # refused: that is an answer too

    def _tell(self, world: World, events: list[Heard]) -> None:
        world.office.tell(*events)

    def _employ(self, world: World, agent: Agent) -> None:
        world.roster[agent.id] = agent
        world.office.employ(agent)

    def _say(self, world: World, id_: str, presence: Presence, minutes: int | None) -> None:
        until = None if minutes is None else world.now + minutes * MINUTE
        world.office.say(id_, presence, until)
        world.said[id_] = Said(presence, world.now, until)

    def _wait(self, world: World, minutes: int) -> None:
        world.office.at = world.now + minutes * MINUTE

    def _accept(self, world: World, id_: str) -> None:
        world.office.accept(id_, str(world.office.agent_of(id_)))

    def _decline(self, world: World, id_: str) -> None:
        world.office.decline(id_, str(world.office.agent_of(id_)))

    def _assign(self, world: World, id_: str, agent: str, force: bool) -> None:
        world.office.assign(id_, agent, force=force)
        if force:
            world.forced.add(id_)

    def _hand_back(self, world: World, id_: str, needs: dict[str, Any]) -> None:
        world.office.hand_back(id_, **needs)

    def _policy(self, world: World, number: int) -> None:
        announced = world.office.announced
        world.office.under(POLICIES[number])
        world.office.announced = announced

        world.replica = None

    def _restart(self, world: World) -> None:
        world.office.restart()

    def _replica(self, world: World) -> None:
        """Another replica goes on, and knows only what it knew when it was at work last."""
        before = world.office.desk
        world.office.desk = world.replica or Desk(before.policies, KnownRoster(), KnownRooms())
        world.replica = before


def _steps(what: str, *args: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.tuples(*args).map(lambda drawn: Step(what, drawn))


ASKED = st.sampled_from([{}, {"region": "none"}, {"skill": "safety", "skill_level": "2"}, {"shoe_size": "44"}])
HAND_BACKS = st.tuples(IDS, REVISIONS, ASKED).map(lambda drawn: handed_back(drawn[0], drawn[1], **drawn[2]))
TELLING = _steps("tell", st.lists(st.one_of(EVENTS, EVENTS, EVENTS, HAND_BACKS), min_size=1, max_size=5))
STEPS = st.one_of(
    TELLING,
    TELLING,
    _steps("employ", AGENTS),
    _steps("say", NAMES, st.sampled_from(Presence), st.sampled_from([None, 10, 300])),
    _steps("wait", st.sampled_from([1, 10, 15, 20, 45, 60, 240, 600, 1440])),
    _steps("wait", st.integers(1, 300)),
    st.one_of(_steps("accept", IDS), _steps("decline", IDS), _steps("decline", IDS)),
    st.one_of(_steps("assign", IDS, NAMES, st.booleans()), _steps("hand_back", IDS, NEEDS)),
    st.one_of(_steps("policy", st.integers(0, 1)), _steps("restart"), _steps("replica"), _steps("replica")),
)
# Somebody works and somebody complains from the start: the rest is more interesting then.
BEGINNINGS = st.tuples(
    st.lists(AGENTS, min_size=2, max_size=4),
    st.lists(st.builds(classified, IDS, **FACTS), min_size=3, max_size=8),
).map(lambda drawn: [*(Step("employ", (agent,)) for agent in drawn[0]), Step("tell", (drawn[1],))])
STORIES = st.tuples(BEGINNINGS, st.lists(STEPS, min_size=4, max_size=14)).map(lambda drawn: drawn[0] + drawn[1])
