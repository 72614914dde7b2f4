"""Which provider a letter goes to, how many there is room for, and what is told of a letter that several failed on."""

from datetime import timedelta

import pytest

from services.notify.channels.breaker import FAULTS, PROBE_AFTER
from services.notify.channels.channel import Letter, NotOurs
from services.notify.channels.line import BEGIN_WITHIN
from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Permanent, Reason, RetryAfter, Temporary
from services.notify.domain.policy import Limit
from tests.harness.events import NOON
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

MINUTE = timedelta(minutes=1)
FAULTS_OF_A_PROVIDER = [
    AWAY,
    DEFERRED,
    Temporary(Reason.LOGIN_REFUSED),
    Temporary(Reason.WRONG_SETTINGS),
    Temporary(Reason.PROVIDER_THROTTLED),
    THROTTLED,
]


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.mark.parametrize("outcome", FAULTS_OF_A_PROVIDER, ids=lambda o: o.reason.value)
def test_next_provider_takes_over_at_once_what_the_first_certainly_did_not_send(clock: Hands, outcome: Outcome):
    line = a_line(Played(outcome), Played(Accepted("id-2")), clock=clock)
    assert send(line) == Accepted("id-2", provider="second")


@pytest.mark.parametrize(
    "outcome",
    [
        LOST,
        Ambiguous(Reason.PROVIDER_ERROR),
        REFUSED,
        Permanent(Reason.MESSAGE_REFUSED),
        Permanent(Reason.OPTED_OUT),
        Temporary(Reason.OUR_FAULT),
        Accepted("id-1"),
    ],
    ids=lambda o: type(o).__name__ + getattr(o, "reason", ""),
)
def test_no_other_provider_is_asked_where_it_may_have_arrived_or_would_fail_again(clock: Hands, outcome: Outcome):
    second = Played()
    line = a_line(Played(outcome), second, clock=clock)
    send(line)
    assert second.letters == []


@pytest.mark.parametrize("outcome", [Accepted("id-1"), LOST])
def test_outcome_names_the_provider_that_may_have_it(clock: Hands, outcome: Outcome):
    line = a_line(Played(AWAY), Played(outcome), clock=clock)
    answer = send(line)
    assert isinstance(answer, Accepted | Ambiguous) and answer.provider == "second"


def test_name_that_a_provider_gives_itself_is_kept(clock: Hands):
    assert send(a_line(Played(Accepted("id-1", provider="its own")), clock=clock)) == Accepted(
        "id-1", provider="its own"
    )


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        ((AWAY, DEFERRED), AWAY),
        ((THROTTLED, RetryAfter(10, Reason.PROVIDER_THROTTLED)), RetryAfter(10, Reason.PROVIDER_THROTTLED)),
        ((RetryAfter(10, Reason.PROVIDER_THROTTLED), THROTTLED), RetryAfter(10, Reason.PROVIDER_THROTTLED)),
        ((THROTTLED, AWAY), AWAY),
    ],
)
def test_where_all_fail_what_comes_again_first_is_told(clock: Hands, outcomes: tuple[Outcome, ...], told: Outcome):
    """A pause of an hour from one provider must not end an alert that the other may take in a second."""
    assert send(a_line(*map(Played, outcomes), clock=clock)) == told


def test_what_was_answered_before_the_first_provider_does_not_leave_by_the_second(clock: Hands):
    shorter = iter([a_letter(text="without the answered ones"), None])
    second = Played()
    line = a_line(Played(AWAY), second, clock=clock)
    line.send(a_letter(text="all of them"), lambda: next(shorter))
    assert [letter.text for letter in second.letters] == ["without the answered ones"]


def test_answer_between_two_providers_stops_the_letter(clock: Hands):
    answers = iter([None])

    def hand_off() -> Letter | None:
        try:
            return next(answers)
        except StopIteration:
            raise NotOurs from None

    second = Played()
    line = a_line(Played(AWAY), second, clock=clock)
    with pytest.raises(NotOurs):
        line.send(a_letter(), hand_off)
    assert second.letters == []
    assert line.room() == SENDERS


@pytest.mark.parametrize(("took", "begun"), [(-0.01, 1), (0.0, 1), (0.01, 0)])
def test_no_provider_is_begun_when_its_answer_might_come_behind_the_lease(clock: Hands, took: float, begun: int):
    first, second = Played(AWAY), Played()
    first.before_answer = lambda: setattr(clock, "at", clock.at + BEGIN_WITHIN + took)
    send(a_line(first, second, clock=clock))
    assert len(second.letters) == begun


def test_provider_that_is_held_away_costs_its_letters_no_time(clock: Hands):
    first, second = Played(AWAY), Played()
    line = a_line(first, second, clock=clock)
    send(line, FAULTS + 3)
    assert (len(first.letters), len(second.letters)) == (FAULTS, FAULTS + 3)


def test_first_provider_gets_its_probe_and_then_all_letters_again(clock: Hands):
    first, second = Played(AWAY), Played()
    line = a_line(first, second, clock=clock)
    send(line, FAULTS)
    clock.at += PROBE_AFTER
    first.answer = Accepted()
    send(line, 2)
    assert (len(first.letters), len(second.letters)) == (FAULTS + 2, FAULTS)


def test_letters_that_hang_at_the_first_provider_take_no_room_of_the_second(clock: Hands):
    first, second = Played(LOST), Played()
    line = a_line(first, second, clock=clock)
    held = Held(first)
    held.send(SENDERS - 1, lambda: send(line))
    assert line.room() == SENDERS
    first.before_answer = lambda: None
    send(line, FAULTS)
    assert line.room() == SENDERS - 1 + SENDERS
    held.let_go()


def test_each_provider_has_senders_of_its_own(clock: Hands):
    """There must be a greenlet for each of them, or what hangs at one would hold up the other."""
    assert a_line(Played(), Played(), clock=clock).senders == 2 * SENDERS


def test_busy_senders_of_a_sound_provider_make_no_room_at_the_second(clock: Hands):
    first, second = Played(), Played()
    line = a_line(first, second, clock=clock)
    held = Held(first)
    held.send(SENDERS, lambda: send(line))
    assert line.room() == SENDERS
    held.let_go()


@pytest.mark.parametrize(("later", "room"), [(59.99, 0), (60.0, 1), (60.01, 1), (69.99, 1), (70.0, 2)])
def test_limit_of_a_provider_is_exact(clock: Hands, later: float, room: int):
    line = a_line(Played(), clock=clock)
    line.limit_by(lambda: {"first": Limit(2, MINUTE)})
    began = clock.at
    send(line)
    assert line.room() == 1
    clock.at += 10
    send(line)
    assert line.room() == 0
    clock.at = began + later
    assert line.room() == room


def test_limit_counts_a_letter_on_its_way_once(clock: Hands):
    provider = Played()
    line = a_line(provider, clock=clock)
    line.limit_by(lambda: {"first": Limit(2, MINUTE)})
    held = Held(provider)
    held.send(1, lambda: send(line))
    assert line.room() == 2, "the one on its way, and one more"
    held.let_go()
    assert line.room() == 1


def test_letter_beyond_a_limit_is_not_refused_but_comes_again(clock: Hands):
    provider = Played()
    line = a_line(provider, clock=clock)
    line.limit_by(lambda: {"first": Limit(1, MINUTE)})
    outcome = send(line, 2)
    assert isinstance(outcome, RetryAfter) and outcome.reason is Reason.PROVIDER_THROTTLED
    assert len(provider.letters) == 1


def test_provider_at_its_limit_leaves_letters_to_the_next(clock: Hands):
    first, second = Played(), Played()
    line = a_line(first, second, clock=clock)
    line.limit_by(lambda: {"first": Limit(1, MINUTE)})
    send(line)
    assert line.room() == SENDERS
    send(line)
    assert (len(first.letters), len(second.letters)) == (1, 1)


def test_changed_limit_holds_at_once(clock: Hands):
    limits = {"first": Limit(1, MINUTE)}
    line = a_line(Played(), clock=clock)
    line.limit_by(lambda: limits)
    send(line)
    assert line.room() == 0
    limits["first"] = Limit(2, MINUTE)
    assert line.room() == 1
    limits.clear()
    assert line.room() == SENDERS


def test_limit_is_no_more_than_there_are_senders(clock: Hands):
    line = a_line(Played(), clock=clock)
    line.limit_by(lambda: {"first": Limit(1000, MINUTE), "stranger": Limit(0, MINUTE)})
    assert line.room() == SENDERS


def test_two_at_once_never_both_take_the_last_place(clock: Hands):
    provider = Played()
    line = a_line(provider, clock=clock)
    line.limit_by(lambda: {"first": Limit(SENDERS - 1, MINUTE)})
    held = Held(provider)
    held.send(SENDERS - 1, lambda: send(line))
    assert isinstance(send(line), RetryAfter)
    held.let_go()


FOUND = Accepted("id-9", provider="second")
CANNOT_TELL = Ambiguous(Reason.NO_ANSWER)


def looked_up(clock: Hands, *found: Outcome | None, provider: str = "") -> Outcome | None:
    providers = [Played() for _ in found]
    for played, answer in zip(providers, found, strict=True):
        played.found = answer
    return a_line(*providers, clock=clock).look_up(a_letter(), NOON, provider)


def test_provider_that_was_asked_to_send_it_is_asked_what_became_of_it(clock: Hands):
    assert looked_up(clock, None, Accepted("id-9"), provider="second") == FOUND
    assert looked_up(clock, Accepted("id-9"), None, provider="second") is None


def test_nobody_can_tell_for_a_provider_that_is_gone(clock: Hands):
    assert isinstance(looked_up(clock, None, None, provider="third"), Ambiguous)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ((None, Accepted("id-9")), FOUND),
        ((CANNOT_TELL, Accepted("id-9")), FOUND),
        ((None, CANNOT_TELL), Ambiguous(Reason.NO_ANSWER, provider="second")),
        ((CANNOT_TELL, None), Ambiguous(Reason.NO_ANSWER, provider="first")),
        ((CANNOT_TELL, AWAY), AWAY),
        ((AWAY, CANNOT_TELL), AWAY),
        ((AWAY, None), AWAY),
        ((None, None), None),
    ],
)
def test_where_any_may_have_it_it_is_not_there_only_when_all_say_so(clock: Hands, answers, told):
    assert looked_up(clock, *answers) == told


def test_failures_of_one_host_do_not_hold_a_channel_of_hosts_away(clock: Hands):
    line = a_line(Played(AWAY), clock=clock, of_hosts=True)
    send(line, 2 * FAULTS)
    assert line.room() == SENDERS


def test_closed_line_closes_each_provider(clock: Hands):
    providers = Played(AWAY), Played()
    line = a_line(*providers, clock=clock)
    send(line)
    line.close()
    assert [p.letters for p in providers] == [[], []]
