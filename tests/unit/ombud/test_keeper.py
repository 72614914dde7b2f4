"""What dies is started again, later each time; warnings in the logs are shown."""

import json
from pathlib import Path

import pytest

from ombud.local.errors import LocalError
from ombud.run.keeper import HEALTHY_AFTER, LONGEST_DELAY, Keeper, Server, delay_after
from ombud.run.logtail import EACH, LogTail


class FakeServer:
    """Dies when told to, and counts its starts."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.is_alive = True
        self.starts = 0
        self._refusal = refusal

    def start(self) -> None:
        self.starts += 1
        if self._refusal:
            raise self._refusal
        self.is_alive = True


class Watched:
    """A keeper of one server, with what it said."""

    def __init__(self, server: FakeServer, tail: LogTail | None = None) -> None:
        self.server, self.told, self.restarts, self.unwritable = server, list[str](), 0, False
        servers: dict[str, Server] = {"routing": server}
        self.keeper = Keeper(servers, [tail] if tail else [], self.told.append, self._restarted)

    def _restarted(self) -> None:
        self.restarts += 1
        if self.unwritable:
            raise OSError("No space left on device")

    def die(self, now: float) -> None:
        self.server.is_alive = False
        self.keeper.turn(now)


def test_a_dead_service_is_started_again_and_it_is_said() -> None:
    watched = Watched(FakeServer())
    watched.die(now=1000)
    watched.keeper.turn(1000.4)
    assert watched.server.starts == 0
    watched.keeper.turn(1000.5)
    assert (watched.server.starts, watched.restarts) == (1, 1)
    assert watched.told == ["routing: died, starts again in 0.5 s", "routing: started again"]


def test_a_full_disk_does_not_end_the_keeping() -> None:
    watched = Watched(FakeServer())
    watched.unwritable = True
    watched.die(now=1000)
    watched.keeper.turn(1001)
    assert watched.told[-1].endswith("are old: No space left on device")
    watched.die(now=1002)
    watched.keeper.turn(1004)
    assert watched.server.starts == 2


def test_each_further_death_waits_longer() -> None:
    assert [delay_after(n) for n in (1, 2, 3, 20)] == [0.5, 1, 2, LONGEST_DELAY]
    watched = Watched(FakeServer())
    watched.die(now=1000)
    watched.keeper.turn(1001)
    watched.die(now=1002)
    watched.keeper.turn(1002.9)
    assert watched.server.starts == 1
    watched.keeper.turn(1003)
    assert watched.server.starts == 2


def test_earlier_deaths_are_forgotten_after_a_good_while() -> None:
    watched = Watched(FakeServer())
    watched.die(now=1000)
    watched.keeper.turn(1001)
    watched.keeper.turn(1001 + HEALTHY_AFTER + 1)
    watched.die(now=2000)
    assert watched.told[-1] == "routing: died, starts again in 0.5 s"


@pytest.mark.parametrize("refusal", [LocalError("no room"), OSError("no room")])
def test_what_cannot_be_started_is_tried_again_later(refusal: Exception) -> None:
    watched = Watched(FakeServer(refusal))
    watched.die(now=1000)
    watched.keeper.turn(1000.5)
    assert watched.told[-1] == "routing: could not start (no room), starts again in 1 s"
    watched.keeper.turn(1001.5)
    assert watched.server.starts == 2


def log_line(path: Path, **entry: str) -> None:
    with path.open("a") as file:
        file.write(json.dumps(entry) + "\n")


def test_warnings_are_shown_short_and_the_rest_stays_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "routing.log"
    log_line(path, event="old", level="error")
    tail = LogTail("routing", path)
    log_line(path, event="started", level="info")
    log_line(path, event="relay_waits", level="warning", error="refused", service="routing", timestamp="now")
    log_line(path, event="crashed", level="error", exception="Traceback\n  line 1\nKeyError: 'x'")
    with path.open("a") as log:
        log.write("DeprecationWarning: no JSON\n")
    assert list(tail.news(0)) == ["routing: relay_waits error=refused", "routing: crashed  KeyError: 'x'"]
    assert list(tail.news(0)) == []


def test_the_same_warning_is_not_shown_again_at_once(tmp_path: Path) -> None:
    path = tmp_path / "routing.log"
    tail = LogTail("routing", path)
    for now, shown in ((0.0, 1), (EACH - 1, 0), (EACH, 1)):
        log_line(path, event="relay_waits", level="warning")
        assert len(list(tail.news(now))) == shown
    assert len(LogTail("routing", path)._new_lines()) == 0
