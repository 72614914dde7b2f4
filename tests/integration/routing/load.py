"""What four replicas are told in test_four_replicas.py: 10,000 complaints and 500 agents, the same in every process.

Each message comes once or twice, to any of the replicas, and those about one complaint or agent come in any order.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from services.routing.domain.needs import Wanted
from services.routing.domain.policy import BusinessHours, Policy, Relaxation, When
from services.routing.domain.presence import Presence, Said
from services.routing.domain.roster import Agent
from services.routing.roster.told import AgentTold, PresenceTold
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintClassified
from shared.hours.calendar import Absence, Calendar, Pause, Shift
from shared.policy.words import NONE
from tests.unit.routing.builders import (
    ONE_EACH,
    a_policy,
    a_rule,
    an_agent,
    answered,
    case_resolved,
    classified,
    forgotten,
    merged,
    reopened,
    resolved,
    updated,
)

REPLICAS = 4
COMPLAINTS, AGENTS, NEW_AGENTS = 10_000, 500, 150
OPEN_AT_ONCE = 2600  # complaints between the first and the last message about one, on average
HEAVY = 3  # points of a critical complaint; all others weigh one
SKILLS = ("billing", "refund", "delivery", "defect", "safety")
REGIONS, LANGUAGES = ("CZ", "DE", "JP"), ("cs", "de", "en")
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@dataclass
class Script:
    """complaints, workforce: the messages for each replica, in the order in which it gets them.

    newest: by agent, who they are in the end. widest: the largest capacity that each was ever told to have. ends: by
    complaint, whether it is closed in the end. grows: those that may get heavier while somebody has them.
    """

    complaints: list[list[Any]] = field(default_factory=list)
    workforce: list[list[AgentTold | PresenceTold]] = field(default_factory=list)
    newest: dict[str, Agent] = field(default_factory=dict)
    widest: dict[str, int] = field(default_factory=dict)
    ends: dict[str, bool] = field(default_factory=dict)
    grows: set[str] = field(default_factory=set)
    first_agents: list[AgentTold] = field(default_factory=list)

    @property
    def messages(self) -> int:
        return sum(map(len, [*self.complaints, *self.workforce]))


@dataclass
class Report:
    """What a replica tells of itself in the end.

    announced: (complaint, attempt) of what was committed; failures: stack traces of what must not happen."""

    announced: list[tuple[str, int]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def a_script(start: datetime, seed: int = 1) -> Script:
    dice = random.Random(seed)
    script = Script()
    told = [(place, event) for n in range(COMPLAINTS) for place, event in _life(script, dice, n)]
    script.complaints = _dealt(dice, told, spread=300)
    agents = list(_agents(script, dice, start))
    script.workforce = _dealt(dice, list(enumerate(agents)), spread=20)
    return script


def the_policy(start: datetime) -> Policy:
    """Short times, so that all of them pass within the test; Japan is closed for some seconds now and then."""
    weight = {**ONE_EACH, Severity.CRITICAL: HEAVY}
    within = {Severity.HIGH: 10 * SECOND, Severity.CRITICAL: 6 * SECOND, Severity.LOW: None, Severity.MEDIUM: None}
    levels = Wanted(skill_level=3, language_level=2)
    relax = (Relaxation(4 * SECOND, Wanted(skill_level=1)), Relaxation(12 * SECOND, Wanted(language=NONE, region=NONE)))
    recall = Wanted(skill=NONE, team="recall")
    rules = (
        a_rule("recall", when=When(campaign=frozenset(["recall"])), wanted=recall, weight=weight, answer_within=within),
        a_rule("everything", wanted=levels, weight=weight, answer_within=within, relax=relax),
    )
    open_ = Calendar("UTC", (_shift(start, [(6, 12), (25, 31), (40, 44)]),))
    hours = (BusinessHours("japan", frozenset(["JP"]), open_),)
    return a_policy(
        *rules, version="load", hours=hours, ageing=20 * SECOND, spacing=SECOND / 100, patience=2 * SECOND, attempts=3
    )


def complaint_id(number: int) -> str:
    return f"c{number:05}"


def agent_id(number: int) -> str:
    return f"a{number:03}"


def _life(script: Script, dice: random.Random, number: int) -> Iterator[tuple[float, Any]]:
    """What happens to one complaint: each event with its place among all, which is counted in complaints."""
    id_, place, revision = complaint_id(number), float(number), 1
    facts = _facts(dice)
    yield place, classified(id_, 1, **facts)
    is_hasty = dice.random() < 0.05  # all that happens to it may come in any order
    step = lambda: dice.uniform(0, 0.1) if is_hasty else dice.uniform(0.25, 0.8) * OPEN_AT_ONCE  # noqa: E731
    if dice.random() < 0.2:
        place, revision = place + step(), revision + 1
        worse = (
            facts | {"severity": _severity(dice)} | ({"category": dice.choice(SKILLS)} if dice.random() < 0.3 else {})
        )
        yield place, updated(id_, revision, **worse)
        script.grows.add(id_)
    if dice.random() < 0.25:
        place, revision = place + step(), revision + 1
        yield place, answered(id_, revision)
    script.ends[id_] = dice.random() < 0.8
    if script.ends[id_] or dice.random() < 0.5:
        place, revision = place + step(), revision + 1
        end = dice.choices((resolved, merged, forgotten), (20, 2, 1))[0] if script.ends[id_] else resolved
        yield place, end(id_, revision)
        if not script.ends[id_] or (end is resolved and dice.random() < 0.1):
            place, revision = place + step(), revision + 1
            yield place, reopened(id_, revision)
            if script.ends[id_]:
                yield place + step(), case_resolved(id_, revision)


def _facts(dice: random.Random) -> dict[str, Any]:
    region, language = dice.choice(REGIONS), dice.choice(LANGUAGES)
    facts = {"category": dice.choice(SKILLS), "severity": _severity(dice), "region": region, "language": language}
    if dice.random() < 0.3:
        facts["customer"] = f"C-{dice.randrange(500)}"
    if dice.random() < 0.03:
        facts["campaign"] = "recall"
    return facts


def _severity(dice: random.Random) -> Severity:
    return dice.choices(list(Severity), (50, 30, 12, 8))[0]


def _agents(script: Script, dice: random.Random, start: datetime) -> Iterator[AgentTold | PresenceTold]:
    """Who is there at the start, and then news of them and of others, each with the instant that it is said of."""
    script.first_agents = [
        AgentTold(_agent(dice, agent_id(n), start), start - 2 * DAY) for n in range(AGENTS - NEW_AGENTS)
    ]
    for first in script.first_agents:
        _note(script, first.agent)
    news: list[Agent | str] = [_agent(dice, agent_id(n), start) for n in range(AGENTS - NEW_AGENTS, AGENTS)]
    news += [_agent(dice, agent_id(dice.randrange(AGENTS)), start) for _ in range(350)]
    news += [agent_id(dice.randrange(AGENTS)) for _ in range(800)]
    dice.shuffle(news)
    # A presence of somebody who is never told of would be tried again for ever; all 500 are.
    for number, one in enumerate(news):
        at = start - DAY + number * SECOND
        if isinstance(one, Agent):
            _note(script, one)
            yield AgentTold(one, at)
        else:
            yield PresenceTold(one, _said(dice, at, start))


def _note(script: Script, agent: Agent) -> None:
    script.newest[agent.id] = agent
    script.widest[agent.id] = max(script.widest.get(agent.id, 0), agent.capacity)


def _agent(dice: random.Random, id_: str, start: datetime) -> Agent:
    shifts = (_shift(start, [_span(dice), _span(dice)]),) if dice.random() < 0.3 else ()
    absences = (
        [Absence(start + a * SECOND, start + b * SECOND) for a, b in [_span(dice)]] if dice.random() < 0.1 else []
    )
    return an_agent(
        id_,
        skills={skill: dice.randint(1, 5) for skill in dice.sample(SKILLS, 3)},
        languages={language: dice.randint(1, 5) for language in dice.sample(LANGUAGES, 2)},
        regions=dice.choice((("CZ",), ("DE", "CZ"), ("JP",), ("*",))),
        teams=("recall",) if dice.random() < 0.2 else (),
        capacity=dice.randint(2, 7),
        calendar=Calendar("UTC", shifts),
        absences=tuple(absences),
    )


def _said(dice: random.Random, at: datetime, start: datetime) -> Said:
    presence = dice.choices(list(Presence), (5, 2, 2, 1))[0]
    until = start + dice.randint(5, 60) * SECOND if dice.random() < 0.7 else None
    return Said(presence, at, until)


def _span(dice: random.Random) -> tuple[int, int]:
    begin = dice.randint(2, 60)
    return begin, begin + dice.randint(2, 6)


def _shift(start: datetime, breaks: Sequence[tuple[int, int]]) -> Shift:
    """Round the clock but for these seconds from the start on."""
    pauses = tuple(Pause(*((start + n * SECOND).time().replace(microsecond=0) for n in pair)) for pair in breaks)
    return Shift(frozenset(range(7)), time(0), time(0), pauses)


def _dealt(dice: random.Random, told: Sequence[tuple[float, Any]], spread: float) -> list[list[Any]]:
    """To whom each message goes and when: many come twice; whatever was said within `spread` may swap."""
    hands: list[list[tuple[float, int, Any]]] = [[] for _ in range(REPLICAS)]
    for number, (place, message) in enumerate(told):
        first, second = dice.sample(range(REPLICAS), 2)
        hands[first].append((place + dice.uniform(0, spread), number, message))
        is_first = isinstance(message, ComplaintClassified)  # new in two replicas at once, a whole batch is told singly
        if dice.random() < (0.03 if is_first else 0.15):
            hands[second].append((place + dice.uniform(0, 4 * spread), number, message))
    return [[message for _, _, message in sorted(hand, key=lambda h: h[:2])] for hand in hands]
