"""A watcher outside hears a beat while alerts leave, and nothing else; what becomes of the beat harms nobody."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.notify.watch import heartbeat
from services.notify.watch.heartbeat import LATELY, Heart
from shared import clock
from shared.database import Database
from tests.harness.watcher import SECRET, Watcher
from tests.unit.notify.build import Office


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    made = Watcher()
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "START", 0.0)


def ago(amount: timedelta) -> float:
    return (clock.now() - clock.shift() - amount).timestamp()


def a_heart(url: str | None, every: float = 0.0, **since: timedelta) -> Heart:
    return Heart(url, timedelta(seconds=every), lambda tick: ago(since.get(tick, timedelta(seconds=1))))


def counted() -> dict[str, float]:
    names = ("sent", "failed", "withheld")
    return {n: REGISTRY.get_sample_value("ombud_heartbeats_total", {"outcome": n}) or 0 for n in names}


def beats(heart: Heart, db: Database, times: int = 1) -> dict[str, float]:
    """What was counted meanwhile."""
    before = counted()
    for _ in range(times):
        heart.beat(db)
    return {name: value - before[name] for name, value in counted().items() if value > before[name]}


def test_it_beats_while_notify_is_well(office: Office, watcher: Watcher):
    assert beats(a_heart(watcher.url), office.db, 3) == {"sent": 3}
    assert watcher.paths == [f"/{SECRET}"] * 3


def test_between_two_beats_it_is_silent(office: Office, watcher: Watcher):
    assert beats(a_heart(watcher.url, every=3600), office.db, 5) == {"sent": 1}
    assert len(watcher.paths) == 1


def test_without_a_watcher_nothing_happens(office: Office):
    assert beats(a_heart(None), office.db, 3) == {}


@pytest.mark.parametrize("tick", ["send_alerts", "reap_alerts"])
def test_it_stops_when_alerts_do_not_leave(office: Office, watcher: Watcher, tick: str):
    still = {tick: LATELY + timedelta(seconds=1)}
    assert beats(a_heart(watcher.url, **still), office.db) == {"withheld": 1}
    fresh = {tick: LATELY - timedelta(seconds=5)}
    assert beats(a_heart(watcher.url, **fresh), office.db) == {"sent": 1}


def test_it_stops_when_the_database_is_gone_and_goes_on_when_it_is_back(
    office: Office, watcher: Watcher, tmp_path: Path
):
    heart = a_heart(watcher.url)
    away = Database(f"sqlite:///{tmp_path}/no/such/folder/notify.sqlite", "notify")
    assert beats(heart, away, 2) == {"withheld": 2}
    assert watcher.paths == []
    assert beats(heart, office.db) == {"sent": 1}
    away.close()


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_answer_that_is_none_counts_as_failed_and_leads_nowhere(office: Office, watcher: Watcher, status: int):
    watcher.status = status
    assert beats(a_heart(watcher.url), office.db) == {"failed": 1}
    assert watcher.paths == [f"/{SECRET}"]


def test_time_that_was_shifted_makes_no_tick_late(office: Office, watcher: Watcher):
    office.wait(hours=1)
    assert beats(a_heart(watcher.url), office.db) == {"sent": 1}


def test_a_watcher_that_is_away_harms_nobody_and_its_url_stays_secret(office: Office, watcher: Watcher):
    watcher.stop()
    with capture_logs() as lines:
        assert beats(a_heart(watcher.url), office.db) == {"failed": 1}
    assert [line["event"] for line in lines] == ["heartbeat_failed"]
    assert SECRET not in str(lines)


def test_a_tick_that_never_ran_stands_still(office: Office, watcher: Watcher):
    heart = Heart(watcher.url, timedelta(0))
    assert beats(heart, office.db) == {"withheld": 1}
