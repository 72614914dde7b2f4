"""How long a tick rests between two turns, and that one which fails is followed by the next."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import eventlet
import pytest
from eventlet.event import Event as Signal
from nameko.containers import ServiceContainer
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from shared import clock
from shared.database import Database
from shared.ticker import Tick, tick
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


class Ticking:
    """Fails in its first turn, with an error that says nothing, and has nothing to do in the next."""

    name = "ticking"
    turns = 0
    is_well = Signal()

    @tick(every=0.01)
    def look(self) -> int:
        Ticking.turns += 1
        if Ticking.turns == 1:
            raise AssertionError
        if not Ticking.is_well.ready():
            Ticking.is_well.send()
        return 0


def runs(outcome: str) -> float:
    return REGISTRY.get_sample_value("ombud_tick_runs_total", {"tick": "look", "outcome": outcome}) or 0.0


def test_a_turn_that_fails_is_told_and_counted_and_the_next_comes(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path}/ticking.sqlite", "ticking")
    container = ServiceContainer(Ticking, {"database": db})
    with capture_logs() as lines, eventlet.Timeout(PATIENCE):
        container.start()
        Ticking.is_well.wait()
        container.stop()
    (line,) = [each for each in lines if each["event"] == "tick_failed"]
    assert (line["tick"], line["error"]) == ("look", "AssertionError: ")
    assert isinstance(line["exc_info"], AssertionError)
    assert (runs("failed"), runs("done")) == (1, 0)
    assert runs("idle") >= 1
    db.close()
