"""Two decisions about one complaint at once, in two replicas: one holds, and the history tells of it once."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

from services.routing import deadlines
from services.routing.domain.needs import Wanted
from services.routing.domain.policy import Relaxation
from services.routing.domain.presence import Presence
from shared import clock
from shared.contracts.event import Severity
from shared.database import Transaction
from shared.errors import Conflict
from tests.integration.routing.races import at_once, tell_in_batches, whats
from tests.unit.routing.builders import (
    Office,
    a_policy,
    a_rule,
    an_agent,
    classified,
    resolved,
)

ROUNDS = 12  # of a race, so that each side is first now and then


def or_conflict(job: Callable[[], object]) -> Callable[[], None]:
    """Whoever comes second may hear that it is too late."""

    def run() -> None:
        with suppress(Conflict):
            job()

    return run


def test_declined_while_it_is_resolved_it_is_closed_and_nobody_gets_it(offices: tuple[Office, Office]) -> None:
    first, second = offices
    first.employ(an_agent("ana", capacity=500), an_agent("bea", capacity=500))
    for id_ in (f"c{n}" for n in range(ROUNDS)):
        first.tell(classified(id_))
        agent = first.agent_of(id_) or ""
        at_once(
            or_conflict(lambda id_=id_, agent=agent: first.decline(id_, agent)),  # type: ignore[misc]
            lambda id_=id_: second.tell(resolved(id_)),  # type: ignore[misc]
        )
        assert first.assignment(id_)["state"] == "released"
        assert whats(first, id_) in (["assigned", "released"], ["assigned", "lost", "assigned", "released"])
    assert first.loads() == {"ana": 0, "bea": 0}


def test_handed_back_while_it_is_resolved_it_is_closed(offices: tuple[Office, Office]) -> None:
    first, second = offices
    first.employ(an_agent("ana", capacity=500))
    for id_ in (f"c{n}" for n in range(ROUNDS)):
        first.tell(classified(id_))
        at_once(
            or_conflict(lambda id_=id_: first.hand_back(id_)),  # type: ignore[misc]
            lambda id_=id_: second.tell(resolved(id_)),  # type: ignore[misc]
        )
        assert first.assignment(id_)["state"] == "released"
    assert first.loads() == {"ana": 0}


def test_who_does_not_answer_loses_it_once_though_both_replicas_look(offices: tuple[Office, Office]) -> None:
    first = offices[0]
    for office in offices:
        office.under(a_policy(a_rule(answer_within=dict.fromkeys(Severity, timedelta(minutes=1)))))
    first.employ(*(an_agent(f"a{n}", capacity=30) for n in range(4)))
    told = [classified(f"c{n:02}") for n in range(60)]
    tell_in_batches(first, told)
    for office in offices:
        office.at = clock.now() + timedelta(minutes=2)
    at_once(*(partial(office.run, partial(take_back, office)) for office in offices for _ in range(2)))
    answers = [first.assignment(event.subject) for event in told]
    assert {(a["lost"], len(a["tried"]), a["attempt"], a["state"]) for a in answers} == {(1, 1, 2, "assigned")}


def take_back(office: Office, tx: Transaction) -> int:
    return deadlines.take_back_unanswered(tx, office.desk)


def test_who_goes_while_they_are_given_complaints_keeps_none_of_them(offices: tuple[Office, Office]) -> None:
    first, second = offices
    first.employ(an_agent("ana", capacity=500), an_agent("bea", capacity=500))
    for n in range(4):
        told = [classified(f"c{n}-{m:02}") for m in range(30)]
        at_once(
            lambda told=told: tell_in_batches(first, told, 3),  # type: ignore[misc]
            lambda: second.say("ana", Presence.OFFLINE),
            second.settle,
        )
        at_once(first.settle, second.settle)
        assert {first.agent_of(event.subject) for event in told} == {"bea"}
        second.say("ana", Presence.AVAILABLE)
    assert first.loads() == {"ana": 0, "bea": 120}


def test_of_two_supervisors_who_assign_at_once_the_second_is_right_and_the_history_tells_both(
    offices: tuple[Office, Office],
) -> None:
    first, second = offices
    first.employ(an_agent("ana", capacity=500), an_agent("bea", capacity=500), an_agent("old", capacity=500))
    for id_ in (f"c{n}" for n in range(ROUNDS)):
        first.tell(classified(id_))
        first.assign(id_, "old")
        at_once(
            lambda id_=id_: first.assign(id_, "ana"),  # type: ignore[misc]
            lambda id_=id_: second.assign(id_, "bea"),  # type: ignore[misc]
        )
        answer = first.assignment(id_)
        last = answer["history"][-2:]
        assert {entry["agent_id"] for entry in last} == {"ana", "bea"}
        assert {entry["by"] for entry in last} == {"petr.svoboda"}
        assert answer["agent"]["id"] == last[-1]["agent_id"]
    assert first.loads()["old"] == 0


def test_each_relaxation_happens_once_though_both_replicas_look(offices: tuple[Office, Office]) -> None:
    first, second = offices
    in_any_language = Relaxation(timedelta(minutes=5), Wanted(language="none"))
    for office in offices:
        office.under(a_policy(a_rule(relax=(in_any_language,))))
    told = [classified(f"c{n:02}") for n in range(60)]
    tell_in_batches(first, told)
    first.employ(an_agent(languages=("de",), capacity=500))
    for office in offices:
        office.at = clock.now() + timedelta(minutes=6)
    at_once(*(partial(office.run, partial(relax, office)) for office in offices for _ in range(2)))
    at_once(first.sweep, second.sweep)
    first.sweep()
    assert [whats(first, e.subject) for e in told] == [["queued", "relaxed", "assigned"]] * 60


def relax(office: Office, tx: Transaction) -> int:
    return deadlines.relax_waiting(tx, office.desk)
