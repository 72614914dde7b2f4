"""How long a feed is waited for."""

from collections.abc import Iterator
from itertools import chain, repeat

from ombud.run.accounting import Expected, Standing
from ombud.run.settle import PATIENCE, POLL, QUIET, Look, Settled, Watch, settle

ONE = Expected(complaints=1)
NOTHING = Look(Standing(), None)
ACCEPTED = Look(Standing(complaints=1, classified=1), None)
DONE = Look(Standing(complaints=1, classified=1, assigned=1, cases=1), None)


class FakeWatch:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def settled(*looks: Look | None) -> tuple[Settled, float, list[Look]]:
    """The result, the time that it took, and what was told; the last look stays."""
    watch, told = FakeWatch(), list[Look]()
    seen: Iterator[Look | None] = chain(looks, repeat(looks[-1]))
    result = settle(lambda: next(seen), ONE, told.append, Watch(lambda: watch.time, watch.sleep))
    return result, watch.time, told


def test_the_time_is_that_of_the_last_change_not_of_the_end_of_the_wait() -> None:
    result, took, told = settled(NOTHING, ACCEPTED, DONE)
    assert result == Settled(DONE, 2 * POLL)
    assert took == 2 * POLL + QUIET
    assert told == [NOTHING, ACCEPTED, DONE]


def test_what_does_not_get_on_is_given_up() -> None:
    result, took, _ = settled(NOTHING, ACCEPTED)
    assert result == Settled(ACCEPTED, POLL)
    assert took == POLL + PATIENCE


def test_a_service_that_cannot_be_asked_is_no_change() -> None:
    result, took, told = settled(NOTHING, None, None, DONE)
    assert (result.at, told) == (3 * POLL, [NOTHING, DONE])
    assert took == 3 * POLL + QUIET


def test_services_that_never_answer_are_given_up() -> None:
    result, took, _ = settled(None)
    assert (result.look, took) == (None, PATIENCE)
