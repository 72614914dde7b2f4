"""A log that cannot be written stops nothing: the line is late or gone, the work goes on."""

import logging
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import structlog

from shared import logs

FULL = Path("/dev/full")  # a device, of which each write fails


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    levels = {name: logging.getLogger(name).level for name in ("nameko", "amqp", "kombu", "sqlalchemy", "alembic")}
    yield
    structlog.reset_defaults()
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_a_full_disk_under_the_log_stops_no_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    said = 0
    with suppress(OSError), FULL.open("w", buffering=1) as full:  # closing fails: what it still holds has no place
        monkeypatch.setattr(sys, "stderr", full)
        logs.set_up("intake")
        for _ in range(100):
            structlog.get_logger().warning("broker_lost", queue="intake.complaints.v1", error="x" * 1000)
            said += 1
    assert said == 100


def test_a_line_arrives_where_there_is_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (tmp_path / "intake.log").open("w") as file:
        monkeypatch.setattr(sys, "stderr", file)
        logs.set_up("intake")
        structlog.get_logger().warning("broker_lost", attempt=1)
        assert '"event":"broker_lost"' in (tmp_path / "intake.log").read_text()
