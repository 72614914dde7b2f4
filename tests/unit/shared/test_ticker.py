"""How long a tick rests between two turns; its turns are tested where a service has some."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import eventlet
import pytest

from shared import clock
from shared.ticker import Tick
from tests.harness.clock import set_shift
from tests.harness.process import PATIENCE

LONG = 10 * PATIENCE


@pytest.fixture
def clock_file(tmp_path: Path) -> Iterator[Path]:
    clock.shift_from(tmp_path / "clock")
    yield tmp_path / "clock"
    clock.shift_from(None)


def resting(tick: Tick) -> "eventlet.greenthread.GreenThread":
    begun = eventlet.spawn(tick._rest, LONG)
    eventlet.sleep(0)  # the other's turn
    return begun


def test_a_clock_that_a_test_moves_ends_the_rest(clock_file: Path) -> None:
    rest = resting(Tick(every=LONG))
    set_shift(clock_file, timedelta(hours=1))
    with eventlet.Timeout(PATIENCE):
        rest.wait()


@pytest.mark.parametrize("shifts", [True, False])
def test_a_wake_ends_the_rest_and_the_next_is_whole_again(shifts: bool, clock_file: Path) -> None:
    clock.shift_from(clock_file if shifts else None)
    tick = Tick(every=LONG)
    rest = resting(tick)
    tick._rouse()
    with eventlet.Timeout(PATIENCE):
        rest.wait()
    following = resting(tick)
    eventlet.sleep(0)
    assert not following.dead
    following.kill()
