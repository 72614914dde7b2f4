"""Agents lose complaints: declined, not answered in time, gone. The next one gets them; in the end a supervisor."""

from datetime import timedelta
from itertools import permutations

import pytest

from services.routing import metrics
from services.routing.domain.following import ComplaintEvent
from services.routing.domain.presence import Presence
from services.routing.domain.reasons import Loss
from shared.contracts.event import Severity
from shared.contracts.routing import ComplaintAssigned, ComplaintQueued, QueuedReason
from shared.errors import Conflict
from tests.unit.routing.builders import (
    NOON,
    Office,
    a_policy,
    a_rule,
    an_agent,
    answered,
    classified,
    reopened,
    resolved,
    updated,
)
from tests.unit.shared.hours import hours_in

SECOND, FIVE = timedelta(seconds=1), timedelta(minutes=5)
POLICY = a_policy(a_rule(answer_within=dict.fromkeys(Severity, FIVE)), attempts=3)

GRAVER = a_policy(
    a_rule(answer_within={**dict.fromkeys(Severity), Severity.LOW: timedelta(days=2), Severity.CRITICAL: FIVE})
)


@pytest.fixture(autouse=True)
def four(office: Office) -> None:
    office.start_over(POLICY)
    office.at = NOON
    office.employ(*(an_agent(name) for name in ("ana", "bea", "cyd", "dot")))
    office.tell(classified())


def lose(office: Office, number: int) -> list[str]:
    """The agents who had it and declined, one after the other."""
    had = []
    for _ in range(number):
        agent = office.agent_of()
        assert agent is not None
        had.append(agent)
        office.decline("c1", agent)
    return had


@pytest.mark.parametrize(("waited", "agent"), [(FIVE - SECOND, "ana"), (FIVE, "bea"), (FIVE + SECOND, "bea")])
def test_who_does_not_answer_in_time_loses_it(office: Office, waited: timedelta, agent: str) -> None:
    assert office.assignment()["answer_by"] == "2026-11-02T12:05:00Z"
    assert isinstance(office.announced[0], ComplaintAssigned) and office.announced[0].answer_by == NOON + FIVE
    office.at = NOON + waited
    office.settle()
    assert (office.agent_of(), office.loads()) == (agent, office.held())


def test_the_next_one_has_as_much_time(office: Office) -> None:
    office.advance(minutes=5)
    assert office.assignment()["answer_by"] == "2026-11-02T12:10:00Z"
    office.advance(minutes=5)
    assert (office.agent_of(), office.assignment()["lost"], office.assignment()["tried"]) == ("cyd", 2, ["ana", "bea"])


@pytest.mark.parametrize("way", ["accept", "answer"])
def test_who_accepts_or_answers_keeps_it(office: Office, way: str) -> None:
    office.at = NOON + FIVE - SECOND
    office.accept("c1", "ana") if way == "accept" else office.tell(answered())
    office.advance(days=1)
    assert (office.agent_of(), office.assignment()["answer_by"]) == ("ana", None)
    assert office.assignment()["history"][-1]["what"] == ("accepted" if way == "accept" else "answered")


def test_accepting_twice_is_accepting_once(office: Office) -> None:
    office.accept("c1", "ana")
    first = office.assignment()
    office.advance(seconds=1)
    office.accept("c1", "ana")
    assert office.assignment()["accepted_at"] == first["accepted_at"]
    assert len(office.assignment()["history"]) == len(first["history"])


def test_one_that_was_answered_before_it_had_an_agent_has_no_limit(office: Office) -> None:
    for agent in ("ana", "bea", "cyd", "dot"):
        office.say(agent, Presence.BUSY)
    office.tell(classified("c2"))
    office.tell(answered("c2"))
    office.say("dot", Presence.AVAILABLE)
    assert (office.agent_of("c2"), office.assignment("c2")["answer_by"]) == ("dot", None)


def test_one_that_was_answered_and_reopened_has_a_limit_again(office: Office) -> None:
    office.tell(answered())
    office.tell(resolved(revision=3))
    office.tell(reopened(revision=4))
    assert (office.agent_of(), office.assignment()["answer_by"]) == ("ana", "2026-11-02T12:05:00Z")


@pytest.mark.parametrize("order", [*permutations([answered(), resolved(revision=3), reopened(revision=4)])])
def test_so_it_has_in_whichever_order_the_news_come(office: Office, order: tuple[ComplaintEvent, ...]) -> None:
    office.accept("c1", "ana")
    for event in order:
        office.tell(event)
    found = office.assignment()
    assert (found["agent"]["id"], found["answer_by"], found["accepted_at"]) == ("ana", "2026-11-02T12:05:00Z", None)


@pytest.mark.parametrize(
    ("before", "after", "answer_by"),
    [
        (Severity.LOW, Severity.CRITICAL, "2026-11-02T13:05:00Z"),
        (Severity.LOW, Severity.LOW, "2026-11-04T12:00:00Z"),
        (Severity.CRITICAL, Severity.LOW, "2026-11-02T12:05:00Z"),
        (Severity.MEDIUM, Severity.CRITICAL, "2026-11-02T13:05:00Z"),
        (Severity.MEDIUM, Severity.MEDIUM, None),
        (Severity.CRITICAL, Severity.MEDIUM, "2026-11-02T12:05:00Z"),
    ],
)
def test_a_customer_who_writes_again_may_shorten_the_time_and_never_lengthens_it(
    office: Office, before: Severity, after: Severity, answer_by: str | None
) -> None:
    office.under(GRAVER)
    office.at = NOON
    office.tell(classified("c2", severity=before))
    office.at = NOON + timedelta(hours=1)
    office.tell(updated("c2", severity=after))
    assert office.assignment("c2")["answer_by"] == answer_by


def test_what_is_to_be_answered_sooner_is_lost_sooner(office: Office) -> None:
    office.under(GRAVER)
    office.tell(classified("c2"))
    office.tell(updated("c2", severity=Severity.CRITICAL))
    assert office.agent_of("c2") == "bea"
    office.advance(minutes=5)
    assert office.agent_of("c2") == "cyd"


@pytest.mark.parametrize("way", ["accept", "answer"])
def test_who_accepted_or_answered_has_no_limit_though_the_customer_writes_again(office: Office, way: str) -> None:
    office.under(GRAVER)
    office.accept("c1", "ana") if way == "accept" else office.tell(answered())
    office.tell(updated(revision=3, severity=Severity.CRITICAL))
    assert office.assignment()["answer_by"] is None


def test_an_older_answer_does_not_stop_the_time(office: Office) -> None:
    office.tell(resolved(revision=3))
    office.tell(reopened(revision=4))
    office.tell(answered(revision=2))
    assert office.assignment()["answer_by"] is not None


def test_nobody_is_asked_twice_and_the_last_attempt_parks_it(office: Office) -> None:
    before = metrics.LOST.labels(Loss.DECLINED.value)._value.get()
    assert lose(office, 3) == ["ana", "bea", "cyd"]
    office.advance(days=2)
    found = office.assignment()
    assert (found["state"], found["reason"], found["reason_now"], found["agent"]) == (
        "waiting",
        "declined",
        "declined",
        None,
    )
    assert (found["lost"], found["lost_at_most"]) == (3, 3)
    assert [c["reason"] for c in office.queue()] == ["declined"]
    assert office.summary()["waiting_by_reason"]["declined"] == 1
    assert metrics.LOST.labels(Loss.DECLINED.value)._value.get() == before + 3
    told = [e for e in office.announced if isinstance(e, ComplaintQueued)]
    assert [(e.reason, e.attempt) for e in told] == [(QueuedReason.DECLINED, 4)]
    assert [e["what"] for e in found["history"]] == [*("assigned", "lost") * 3, "queued"]
    assert office.loads() == office.held() == dict.fromkeys(("ana", "bea", "cyd", "dot"), 0)


def test_each_kind_of_loss_counts(office: Office) -> None:
    office.decline("c1", "ana")
    office.advance(minutes=5)
    office.say("cyd", Presence.OFFLINE)
    office.settle()
    found = office.assignment()
    assert [e["reason"] for e in found["history"] if e["what"] == "lost"] == ["declined", "no_answer", "gone"]
    assert found["reason"] == "declined"


def test_parked_ones_come_last_in_the_queue_and_get_no_freed_capacity(office: Office) -> None:
    lose(office, 3)
    office.employ(*(an_agent(name, capacity=0) for name in ("ana", "bea", "cyd", "dot")))
    office.tell(classified("later"))
    assert [c["complaint_id"] for c in office.queue()] == ["later", "c1"]
    office.employ(an_agent("zoe", capacity=9))
    office.settle()
    assert (office.agent_of("later"), office.agent_of("c1")) == ("zoe", None)


@pytest.mark.parametrize("way", ["facts", "reopening", "hand-back", "policy"])
def test_something_new_begins_a_new_round(office: Office, way: str) -> None:
    lose(office, 3)
    if way == "facts":
        office.tell(updated(severity=Severity.HIGH))
    elif way == "reopening":
        office.tell(resolved())
        office.tell(reopened())
    elif way == "hand-back":
        office.hand_back()
    else:
        office.under(a_policy(a_rule(answer_within=dict.fromkeys(Severity, FIVE)), attempts=5, version="next"))
        office.settle()
    found = office.assignment()
    assert (found["state"], found["lost"], found["tried"]) == ("assigned", 0, [])


def test_the_same_facts_again_are_nothing_new(office: Office) -> None:
    lose(office, 3)
    office.tell(updated())
    office.advance(days=1)
    assert (office.assignment()["reason"], office.assignment()["lost"]) == ("declined", 3)


def test_a_supervisor_may_give_a_parked_one_to_anybody(office: Office) -> None:
    lose(office, 3)
    with pytest.raises(Conflict, match="tried"):
        office.assign("c1", "ana")
    office.assign("c1", "dot")
    assert (office.agent_of(), office.assignment()["lost"]) == ("dot", 0)


def test_when_all_who_could_have_lost_it_it_says_so_and_goes_to_the_next_who_comes(office: Office) -> None:
    office.employ(*(an_agent(name, skills=()) for name in ("bea", "cyd", "dot")))
    lose(office, 1)
    assert (office.assignment()["reason"], office.queue()[0]["reason"]) == ("declined", "declined")
    office.settle()
    office.employ(an_agent("zoe"))
    assert office.agent_of() == "zoe"


def test_those_who_were_lost_stand_in_nobodys_way(office: Office) -> None:
    """More of them wait than one batch takes, and the agent who lost them takes the next."""
    office.employ(*(an_agent(name, capacity=0) for name in ("bea", "cyd", "dot")), an_agent("ana", capacity=200))
    ids = [f"l{n:03}" for n in range(120)]
    office.tell(*(classified(id_) for id_ in ids))
    office.say("ana", Presence.OFFLINE)
    office.settle()
    office.tell(classified("next"))
    office.say("ana", Presence.AVAILABLE, at=NOON + SECOND)
    office.woken.clear()
    office.settle()
    assert (office.agent_of("next"), office.agent_of("l000"), office.woken) == ("ana", None, set())


def test_only_who_has_it_may_accept_or_decline(office: Office) -> None:
    for refused in (office.accept, office.decline):
        with pytest.raises(Conflict, match="ana has it"):
            refused("c1", "bea")
    office.decline("c1", "ana")
    with pytest.raises(Conflict, match="bea has it"):
        office.decline("c1", "ana")


def test_a_parked_one_is_not_promised_an_opening(office: Office) -> None:
    office.start_over(a_policy(attempts=1, hours=(hours_in("CZ"),)))
    office.at = NOON
    office.employ(an_agent())
    office.tell(classified())
    office.decline()
    office.advance(hours=8)
    assert office.assignment()["opens_at"] is None
