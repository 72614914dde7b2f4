"""Random policies, and random things that happen to one case, for the properties of a case."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from services.escalation.domain import answers, hearing, linking, timing
from services.escalation.domain.answers import Correction, Refusal
from services.escalation.domain.case import Case, Change, What
from services.escalation.domain.conditions import When
from services.escalation.domain.ladder import Ladder, Level, Needed, Outside
from services.escalation.domain.people import Role
from services.escalation.domain.policy import (
    BusinessHours,
    ClockRule,
    FollowUp,
    Measure,
    PauseReason,
    Policy,
    Starts,
    Trigger,
)
from services.escalation.domain.rungs import Setting
from services.escalation.domain.spans import Span, Unit
from services.escalation.domain.told import Owner
from shared.contracts.escalation import EscalationReason as R
from shared.contracts.escalation import Outcome
from shared.contracts.event import Severity
from shared.hours.calendar import Calendar, Shift
from tests.unit.escalation.builders import CASE_ID, HOUR, MINUTE, NOON, a_case, a_level, a_policy, facts, news

NEW = Case(CASE_ID, policy_version="test@1")
SEVERITIES, RANKED = st.sampled_from(Severity), sorted(Severity, key=lambda one: one.rank)
HOURS = (BusinessHours("day", frozenset(), Calendar("UTC", (Shift(frozenset(range(7)), time(8), time(16)),))),)


def by_severity(minutes: list[int]) -> dict[Severity, timedelta]:
    """The more severe, the less time, as the reader of policies wants it."""
    return dict(zip(RANKED, (n * MINUTE for n in sorted(minutes, reverse=True)), strict=True))


def spans(most: int) -> st.SearchStrategy[dict[Severity, timedelta]]:
    return st.lists(st.integers(1, most), min_size=4, max_size=4).map(by_severity)


@st.composite
def levels(draw: st.DrawFn) -> Level:
    hours = draw(st.sampled_from([None, None, "day"]))
    return replace(
        a_level(draw(st.sampled_from(Role))),
        respond_within=draw(spans(120)),
        needed=draw(st.sampled_from(Needed)),
        repeat=draw(st.integers(0, 2)),
        hours=hours,
        outside=draw(st.sampled_from(Outside)) if hours else Outside.CLIMB,
    )


@st.composite
def ladders(draw: st.DrawFn) -> Ladder:
    rungs = tuple(draw(st.lists(levels(), min_size=1, max_size=3)))
    return Ladder("standard", rungs, start={Severity.CRITICAL: draw(st.integers(1, len(rungs)))})


@st.composite
def clocks(draw: st.DrawFn, measures: Measure) -> ClockRule:
    within = {severity: Span(Unit.TIME, span) for severity, span in draw(spans(3000)).items()}
    return ClockRule(
        measures.value,
        measures,
        within,
        hours=draw(st.sampled_from([None, "day"])),
        warn=draw(st.sampled_from([(), (50,), (50, 80, 95)])),
        pauses=draw(st.sampled_from([frozenset(), frozenset(PauseReason)])),
        starts=draw(st.sampled_from(Starts)),
    )


TRIGGERS = (
    Trigger(R.SEVERITY, When(severity=frozenset({Severity.HIGH, Severity.CRITICAL}))),
    Trigger(R.ASKED, When(asked=frozenset({"supervisor"}))),
    Trigger(R.ANGER, When(anger=0.9)),
    Trigger(R.REPEATED, When(contacts=3)),
    Trigger(R.LOW_RATING, When(rating=0.2)),
    Trigger(R.REOPENED, When(reopenings=2)),
    Trigger(R.UNASSIGNED, after=by_severity([30, 60, 90, 600])),
    Trigger(R.DECLINED),
    Trigger(R.UPSTREAM_REQUEST),
    Trigger(R.AGENT_REQUEST),
)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Whatever the reader of policies takes: some clock of every case escalates at its end."""
    optional = draw(st.sets(st.sampled_from([m for m in Measure if m is not Measure.RESOLUTION])))
    end = frozenset({"resolution"})
    overdue = draw(st.sampled_from([Trigger(R.OVERDUE), Trigger(R.OVERDUE, clocks=end)]))
    triggers = draw(st.lists(st.sampled_from(TRIGGERS), unique_by=lambda trigger: trigger.reason))
    return a_policy(
        triggers=(*triggers, overdue),
        clocks=tuple(draw(clocks(measures)) for measures in [*sorted(optional), Measure.RESOLUTION]),
        ladders=(draw(ladders()),),
        follow_up=FollowUp(draw(spans(600)), draw(st.integers(1, 99))),
        again_after=draw(spans(600)),
        hours=HOURS,
    )


# -- what happens -------------------------------------------------------------------------------------------------

TOLD = ("news", "answered", "resolved", "reopened", "rated", "requested")
BY_PEOPLE = (
    "acknowledge",
    "take_over",
    "resolve",
    "hand_back",
    "escalate",
    "escalate_to",
    "snooze",
    "remark",
    "pause",
    "resume",
    "correct",
    "link",
    "unlink",
)
BY_OTHERS = ("owned", "queued", "declined", "unreachable")


@dataclass(frozen=True)
class Step:
    """Something that happens, after so many minutes; to_due: or as the case falls due. revision: of the complaint."""

    what: str
    after: int = 0
    to_due: bool = False
    severity: Severity = Severity.LOW
    ask: str = "none"
    number: int = 0
    person: str = "anna"
    revision: int = 0


@st.composite
def steps(draw: st.DrawFn, kinds: tuple[str, ...] = (*TOLD, *BY_PEOPLE, *BY_OTHERS, "time", "time", "time")) -> Step:
    return Step(
        draw(st.sampled_from(kinds)),
        draw(st.sampled_from([0, 1, 7, 60, 500, 3000])),
        draw(st.booleans()),
        draw(SEVERITIES),
        draw(st.sampled_from(["none", "human", "supervisor"])),
        draw(st.integers(0, 10)),
        draw(st.sampled_from(["anna", "ben", "caro", "dora"])),
    )


def numbered(course: list[Step]) -> list[Step]:
    """Each with a revision of its own, in the order in which upstream told them; a complaint begins with a contact."""
    first = Step("news", severity=course[0].severity if course else Severity.LOW)
    return [replace(step, revision=n) for n, step in enumerate([first, *course], start=1)]


def happen(case: Case, step: Step, setting: Setting) -> list[Change]:
    """What the step makes of the case; a refused answer makes nothing."""
    if step.what in (*TOLD, "merged"):
        return hear(case, step, setting)
    if step.what in BY_OTHERS:
        return _hear_others(case, step, setting)
    if step.what == "time":
        return timing.take_deadline(case, setting)
    answer = _answer(case, step, setting)
    return [] if isinstance(answer, Refusal) else answer


def hear(case: Case, step: Step, setting: Setting) -> list[Change]:
    n, now = step.revision, setting.now
    match step.what:
        case "news":
            told = news(n, step.severity, step.ask, at=now, anger=step.number / 10, received_at=NOON)
            return hearing.take_news(case, told, setting)
        case "answered":
            return hearing.take_answer(case, n, now, "agent", setting)
        case "resolved":
            return hearing.take_resolution(case, n, now, "crm", setting)
        case "reopened":
            return hearing.take_reopening(case, n, now, "crm", setting)
        case "rated":
            return hearing.take_rating(case, n, step.number / 10, "crm", setting)
        case "merged":
            return hearing.take_merging(case, n, now, "another", "crm")
    return hearing.take_request(case, n, "crm", setting)


def _hear_others(case: Case, step: Step, setting: Setting) -> list[Change]:
    told, attempt = Change(case, What.QUEUED), step.revision
    match step.what:
        case "owned":
            return hearing.take_owner(case, Owner(attempt, "g", "Gita"), told, setting)
        case "queued":
            return hearing.take_owner(case, Owner(attempt, since=setting.now), told, setting)
        case "declined":
            return hearing.take_owner(case, Owner(attempt, since=setting.now, declined=True), told, setting)
    return hearing.take_unreachable(case, {case.escalation_id or ""}, setting)


def _answer(case: Case, step: Step, setting: Setting) -> answers.Answer:
    later = setting.now + (step.number + 1) * HOUR
    to: dict[str, Any] = {
        "acknowledge": lambda: answers.acknowledge(case, step.person, setting),
        "take_over": lambda: answers.take_over(case, step.person, setting),
        "resolve": lambda: answers.resolve(case, step.person, Outcome.UPHELD, (), setting),
        "hand_back": lambda: answers.hand_back(case, step.person, {}, setting),
        "escalate": lambda: answers.escalate(case, step.person, None, R.MANUAL, setting),
        "escalate_to": lambda: answers.escalate(case, step.person, 1 + step.number % 3, R.MANUAL, setting),
        "snooze": lambda: answers.snooze(case, step.person, later, setting),
        "remark": lambda: answers.remark(case, step.person, setting),
        "pause": lambda: answers.pause(case, step.person, PauseReason.WAITING_FOR_CUSTOMER, later, setting),
        "resume": lambda: answers.resume(case, step.person, setting),
        "correct": lambda: answers.correct(case, step.person, Correction(severity=step.severity), setting),
        "link": lambda: linking.link(case, a_case(id="another", facts=facts()), step.person, setting),
        "unlink": lambda: linking.unlink(case, step.person, setting),
    }
    answer: answers.Answer = to[step.what]()
    return answer


def moment(case: Case, step: Step, now: datetime) -> datetime:
    """When the step happens."""
    if step.to_due and case.due_at is not None:
        return max(now, case.due_at)
    return now + step.after * MINUTE
