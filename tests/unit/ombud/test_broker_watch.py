"""A broker whose program runs while it lets nobody in is started anew, and not at the first silence."""

from ombud.local.errors import LocalError
from ombud.run.broker_watch import LOOK_EVERY, PATIENCE, WatchedBroker


class FakeBroker:
    def __init__(self) -> None:
        self.is_alive, self.lets_in, self.looks = True, True, 0
        self.refusal: LocalError | None = None

    def takes_connections(self) -> bool:
        self.looks += 1
        if self.refusal:
            raise self.refusal
        return self.lets_in

    def start(self) -> None:
        self.is_alive = self.lets_in = True

    def kill(self) -> None:
        self.is_alive = False


class Stage:
    def __init__(self) -> None:
        self.now, self.broker = 0.0, FakeBroker()
        self.watched = WatchedBroker(self.broker, lambda: self.now)

    def alive_after(self, seconds: float) -> bool:
        self.now += seconds
        return self.watched.is_alive


def test_it_is_asked_now_and_then() -> None:
    stage = Stage()
    assert stage.alive_after(LOOK_EVERY - 1)
    assert stage.broker.looks == 0
    assert stage.alive_after(1)
    assert stage.alive_after(1)
    assert stage.broker.looks == 1


def test_one_that_lets_nobody_in_for_long_is_killed_and_starts_again() -> None:
    stage = Stage()
    stage.broker.lets_in = False
    assert stage.alive_after(LOOK_EVERY)
    assert stage.alive_after(PATIENCE - 1)
    assert not stage.alive_after(LOOK_EVERY)
    assert not stage.broker.is_alive
    stage.watched.start()
    assert stage.alive_after(LOOK_EVERY)
    assert stage.alive_after(PATIENCE)


def test_one_that_lets_people_in_again_is_left_alone() -> None:
    stage = Stage()
    for lets_in in (False, True, False):
        stage.broker.lets_in = lets_in
        assert stage.alive_after(PATIENCE - 1)


def test_one_with_another_password_answers() -> None:
    stage = Stage()
    stage.broker.refusal = LocalError("another password")
    assert stage.alive_after(LOOK_EVERY)
    assert stage.alive_after(PATIENCE)


def test_one_that_ended_is_dead_at_once() -> None:
    stage = Stage()
    stage.broker.is_alive = False
    assert not stage.alive_after(1)
