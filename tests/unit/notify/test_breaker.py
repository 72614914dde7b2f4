"""When a provider is held to be away, when it is tried again, and what ends that."""

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.notify.channels.breaker import FAULTS, LONGEST_WAIT, PROBE_AFTER
from services.notify.channels.channel import NotOurs
from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Reason, RetryAfter, Temporary
from tests.unit.notify.providers import (
    AWAY,
    DEFERRED,
    LOST,
    REFUSED,
    SENDERS,
    THROTTLED,
    Hands,
    Held,
    Played,
    a_letter,
    a_line,
    send,
)

FAULT_KINDS = [
    AWAY,
    LOST,
    Ambiguous(Reason.PROVIDER_ERROR),
    Temporary(Reason.LOGIN_REFUSED),
    Temporary(Reason.WRONG_SETTINGS),
]


@pytest.fixture
def clock() -> Hands:
    return Hands()


def held_away(clock: Hands, answer: Outcome = AWAY):
    provider = Played(answer)
    line = a_line(provider, clock=clock)
    send(line, FAULTS)
    assert line.room() == 0
    return line, provider


@pytest.mark.parametrize("fault", FAULT_KINDS, ids=lambda o: o.reason.value)
def test_five_faults_in_a_row_and_not_four_hold_a_provider_away(clock: Hands, fault: Outcome):
    line = a_line(Played(fault), clock=clock)
    send(line, 4)
    assert line.room() == SENDERS
    send(line)
    assert line.room() == 0


@pytest.mark.parametrize("answer", [Accepted(), REFUSED, DEFERRED], ids=lambda o: type(o).__name__)
def test_any_answer_about_the_letter_shows_that_the_provider_is_there(clock: Hands, answer: Outcome):
    provider = Played(AWAY)
    line = a_line(provider, clock=clock)
    send(line, FAULTS - 1)
    provider.answer = answer
    send(line)
    provider.answer = AWAY
    send(line, FAULTS - 1)
    assert line.room() == SENDERS


def test_bug_of_ours_says_nothing_of_the_provider(clock: Hands):
    provider = Played(AWAY)
    line = a_line(provider, clock=clock)
    send(line, FAULTS - 1)
    provider.answer = KeyError("bug")
    with pytest.raises(KeyError):
        send(line)
    provider.answer = AWAY
    send(line)
    assert line.room() == 0


def test_nothing_reaches_a_provider_that_is_held_away(clock: Hands):
    line, provider = held_away(clock)
    outcome = send(line)
    assert len(provider.letters) == FAULTS
    assert isinstance(outcome, RetryAfter) and outcome.reason is Reason.PROVIDER_AWAY


@pytest.mark.parametrize(("later", "room"), [(-0.01, 0), (0.0, 1), (0.01, 1)])
def test_one_letter_is_let_through_after_half_a_minute(clock: Hands, later: float, room: int):
    line, _ = held_away(clock)
    clock.at += 30 + later
    assert line.room() == room


def test_second_letter_does_not_go_with_the_probe(clock: Hands):
    line, provider = held_away(clock)
    clock.at += PROBE_AFTER
    held = Held(provider)
    held.send(1, lambda: send(line))
    assert line.room() == 1, "the probe itself is on its way, and no other may be"
    send(line)
    assert len(provider.letters) == FAULTS + 1
    held.let_go()


def test_probe_that_arrives_brings_the_provider_back(clock: Hands):
    line, provider = held_away(clock)
    clock.at += PROBE_AFTER
    provider.answer = Accepted()
    send(line)
    assert line.room() == SENDERS
    provider.answer = AWAY
    send(line, FAULTS - 1)
    assert line.room() == SENDERS, "it counts from the start again"


def test_probes_that_fail_come_more_rarely_but_never_too_rarely(clock: Hands):
    line, _ = held_away(clock)
    waits = []
    for _ in range(4):
        before = clock.at
        while not line.room() and clock.at < before + 2 * LONGEST_WAIT:
            clock.at += 1
        waits.append(clock.at - before)
        send(line)
        assert line.room() == 0
    assert waits == [PROBE_AFTER, 2 * PROBE_AFTER, LONGEST_WAIT, LONGEST_WAIT]


def test_after_it_came_back_it_is_first_probed_soon_again(clock: Hands):
    line, provider = held_away(clock)
    for answer in (AWAY, Accepted()):
        clock.at += LONGEST_WAIT
        provider.answer = answer
        send(line)
    provider.answer = AWAY
    send(line, FAULTS)
    clock.at += PROBE_AFTER
    assert line.room() == 1


def test_letter_that_was_withdrawn_is_no_probe(clock: Hands):
    line, provider = held_away(clock)
    clock.at += PROBE_AFTER

    def withdraw() -> None:
        raise NotOurs

    with pytest.raises(NotOurs):
        line.send(a_letter(), withdraw)
    assert line.room() == 1
    provider.answer = Accepted()
    send(line)
    assert line.room() == SENDERS


@pytest.mark.parametrize(("answer", "left"), [(AWAY, 0), (Accepted(), 0)], ids=["fails", "arrives"])
def test_letter_from_before_says_nothing_of_now(clock: Hands, answer: Outcome, left: int):
    """Thirty that hang together must not put off the probe thirty times, nor end a provider's pause."""
    provider = Played(answer)
    line = a_line(provider, clock=clock)
    held = Held(provider)
    held.send(1, lambda: send(line))
    provider.before_answer = lambda: None
    provider.answer = AWAY
    send(line, FAULTS)
    clock.at += PROBE_AFTER - 1
    held.let_go()
    assert line.room() == left
    clock.at += 1
    assert line.room() == 1


@pytest.mark.parametrize(("later", "room"), [(-0.01, 0), (0.0, 1), (0.01, 1)])
def test_provider_that_says_when_to_come_again_rests_until_then(clock: Hands, later: float, room: int):
    line = a_line(Played(THROTTLED), clock=clock)
    send(line)
    clock.at += THROTTLED.seconds + later
    assert line.room() == room


def test_provider_that_rested_gets_one_letter_before_all_others(clock: Hands):
    provider = Played(THROTTLED)
    line = a_line(provider, clock=clock)
    send(line)
    clock.at += THROTTLED.seconds
    provider.answer = Accepted()
    send(line)
    assert line.room() == SENDERS


def test_provider_that_rested_and_is_away_then_is_not_tried_again_at_once(clock: Hands):
    provider = Played(THROTTLED)
    line = a_line(provider, clock=clock)
    send(line)
    clock.at += THROTTLED.seconds
    provider.answer = AWAY
    send(line)
    assert line.room() == 0


def samples(name: str) -> list[float | None]:
    labels = {"channel": "sms", "provider": "first"}
    moved = [
        REGISTRY.get_sample_value("ombud_provider_breaker_changes_total", labels | {"to": to})
        for to in ("open", "closed")
    ]
    return [REGISTRY.get_sample_value(name, labels), *moved]


def test_provider_that_goes_and_comes_back_is_told_once_each(clock: Hands):
    provider = Played(AWAY)
    line = a_line(provider, clock=clock)
    is_open, opened, closed = samples("ombud_provider_breakers_open")
    assert is_open is not None and opened is not None and closed is not None, "there from the start"
    with capture_logs() as logs:
        send(line, FAULTS)
        assert samples("ombud_provider_breakers_open") == [is_open + 1, opened + 1, closed]
        clock.at += PROBE_AFTER
        send(line)  # fails: it stays away
        assert samples("ombud_provider_breakers_open") == [is_open + 1, opened + 1, closed]
        clock.at += LONGEST_WAIT
        provider.answer = Accepted()
        send(line, 2)
    assert samples("ombud_provider_breakers_open") == [is_open, opened + 1, closed + 1]
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("provider_held_away", "warning"),
        ("provider_back", "warning"),
    ]
    assert logs[0]["reason"] == "provider_away"
    assert {key for entry in logs for key in entry} == {"event", "log_level", "channel", "provider", "reason"}
