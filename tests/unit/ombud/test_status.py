"""The one screen: what somebody must mend comes first and is red, the promises are weighed, and it fits a terminal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ombud.runfile import Process
from ombud.status.judged import troubles
from ombud.status.look import Depth, Seen, State
from ombud.status.promised import promises
from ombud.status.shown import RED, YELLOW, screen
from shared.contracts.topology import QUEUES, SERVICES
from tests.unit.ombud.books import summaries

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
STARTED = NOON.timestamp() - 7200
SINCE = (("process_start_time_seconds", {}, STARTED), ("ombud_build_info", {"version": "1.2.3"}, 1.0))
QUIET = {"waiting": 0, "oldest_at": None, "by_type": {}, "events": []}


def a_state(
    *samples: Any,
    late: str = "",
    readiness: str = "ready",
    depths: dict[str, Depth] | None = None,
    gone: str = "",
    **counts: Any,
) -> State:
    """All is well, but for what is said. late: a service with an outbox of ten minutes; readiness: of routing;
    gone: a queue.
    """
    known = SINCE + samples
    seen = tuple(
        Seen(Process(name, 1, 8001, 9001, 7, f"{name}.log"), readiness if name == "routing" else "ready", known)
        for name in SERVICES
    )
    slow = QUIET | {"waiting": 4, "oldest_at": (NOON - timedelta(minutes=10)).isoformat()}
    return State(
        seen=seen,
        counts=summaries(**counts),
        outboxes={name: slow if name == late else QUIET for name in SERVICES},
        queues={queue.name: Depth(0, 1) for queue in QUEUES if queue.name != gone} | (depths or {}),
        now=NOON,
        mailbox="http://127.0.0.1:8026",
        free=200 * 2**20,
        waiting_longest=300.0,
    )


AWAY = ("ombud_provider_breakers_open", {"channel": "email", "provider": "smtp"}, 1.0)


def test_where_all_is_well_nothing_is_red() -> None:
    lines = list(screen(a_state()))
    assert troubles(a_state()) == []
    assert [line.plain for line in lines if line.style in (RED, YELLOW)] == []
    assert lines[0].plain == "ombud · 2026-06-01 12:00 UTC · 4 of 4 ready · all is well"


@pytest.mark.parametrize(
    ("state", "said", "is_grave"),
    [
        (replace(a_state(), free=199 * 2**20), "199 MB are free on the disk", True),
        (a_state(readiness="database: silent"), "routing: database: silent", True),
        (replace(a_state(), queues=None), "the broker does not answer", True),
        (a_state(depths={"notify.intake.v1": Depth(3, 0)}), "nobody reads notify.intake.v1, 3 wait", True),
        (a_state(depths={"notify.intake.v1": Depth(5000, 2)}), "5000 wait in notify.intake.v1", False),
        (a_state(gone="notify.intake.v1"), "the queue notify.intake.v1 is missing", True),
        (a_state(late="escalation"), "4 wait in the outbox of escalation, the oldest for 10 min", True),
        (a_state(escalation__cases=8), "2 complaints without a case", True),
        (a_state(escalation__exhausted=2), "2 cases exhausted: nobody answered", True),
        (a_state(("ombud_due_oldest_seconds", {}, 61.0)), "deadlines are 61 s late", True),
        (a_state(escalation__audit__no_outcome=1), "1 case: notify has not said what became of their alerts", True),
        (a_state(notify__last_resort=None, notify__last_resort_reachable=False), "NOBODY hears", True),
        (a_state(notify__last_resort_reachable=False), "duty CANNOT BE REACHED", True),
        (a_state(notify__channels=[]), "no channel is configured", True),
        (a_state(notify__unaccounted=3), "3 alerts broke the book-keeping", True),
        (a_state(AWAY), "the provider smtp of email is away", True),
        (a_state(notify__plumbing__dead_letters=1), "1 dead letter in notify", True),
        (a_state(intake__plumbing__dead_letters=10), "10 dead letters in intake", False),
    ],
)
def test_each_thing_that_somebody_must_mend_is_said_with_what_to_do(state: State, said: str, is_grave: bool) -> None:
    (trouble,) = troubles(state)
    assert said in trouble.text and trouble.is_grave is is_grave and trouble.remedy
    shown = [line for line in screen(state) if said in line.plain]
    assert shown[0].style == (RED if is_grave else YELLOW)


@pytest.mark.parametrize(
    "state",
    [
        a_state(("ombud_due_oldest_seconds", {}, 60.0)),
        a_state(escalation__cases=8, intake__plumbing__outbox=2),
        a_state(escalation__cases=8, depths={"escalation.intake.v1": Depth(2, 1)}),
        a_state(depths={"notify.intake.v1": Depth(0, 0)}),
        a_state(notify__alerts__ambiguous=2),
    ],
)
def test_what_is_on_its_way_or_expected_is_no_trouble(state: State) -> None:
    assert troubles(state) == []


BROKEN = {
    "accepted is never lost": a_state(escalation__cases=8),
    "nobody is forgotten": a_state(routing__waiting=1),
    "it reaches someone": a_state(escalation__exhausted=1),
    "nobody is told twice": a_state(notify__unaccounted=1),
}


def test_all_promises_hold_where_all_is_well() -> None:
    assert [(promise.name, promise.holds) for promise in promises(a_state())] == [(name, True) for name in BROKEN]


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_promise_that_is_broken_is_red(name: str) -> None:
    state = BROKEN[name]
    assert name in [promise.name for promise in promises(state) if promise.holds is False]
    assert any(line.style == RED and line.plain.startswith("BROKEN") and name in line.plain for line in screen(state))


def test_of_a_service_that_does_not_answer_nothing_is_claimed_and_of_the_others_all_is_said() -> None:
    state = a_state(notify__unaccounted=1, escalation__exhausted=1)
    state = replace(state, counts={**state.counts, "routing": {}})
    assert [promise.holds for promise in promises(state)] == [None, None, False, False]
    assert [trouble.text for trouble in troubles(state)] == [
        "routing is ready, and does not tell its counts",
        "1 case exhausted: nobody answered on any level",
        "1 alert broke the book-keeping",
    ]


def test_while_nobody_answers_nothing_is_claimed() -> None:
    state = replace(a_state(), counts={}, outboxes={}, queues=None)
    assert [promise.holds for promise in promises(state)] == [None] * 4
    assert len(troubles(state)) == 5
    assert len(list(screen(state))) <= 24


def test_what_is_grave_comes_before_what_can_wait() -> None:
    found = troubles(a_state(intake__plumbing__dead_letters=10, notify__unaccounted=1))
    assert [trouble.is_grave for trouble in found] == [True, False]


def test_it_fits_a_terminal_even_on_a_bad_day() -> None:
    state = a_state(
        AWAY,
        late="escalation",
        intake__plumbing__dead_letters=10,
        escalation__exhausted=2,
        escalation__audit__late=1,
        notify__unaccounted=3,
        notify__last_resort_reachable=False,
        routing__assigned=123456,
        routing__waiting=12345,
        routing__released=123456,
    )
    lines = [line.plain for line in screen(state)]
    assert len(lines) <= 24
    assert [line for line in lines if len(line) > 80] == []


def test_a_service_is_shown_with_its_version_and_for_how_long_it_has_run() -> None:
    lines = [line.plain.split() for line in screen(a_state(intake__plumbing__dead_letters=10))]
    assert ["intake", "ready", "1.2.3", "2", "h", "8001", "0", "0", "10"] in lines
