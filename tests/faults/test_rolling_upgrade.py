"""Replicas of two versions work side by side under load: first the schema, then the services one by one, and back."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from shared.contracts.topology import SERVICES
from tests.faults.load import Load
from tests.faults.test_rounds import heal_and_check
from tests.harness.process import at_once
from tests.harness.system import System
from tests.harness.versions import next_version, previous_version, run

pytestmark = pytest.mark.timeout(600)
DOWNSTREAM_FIRST = tuple(reversed(SERVICES))  # so that whoever hears of something new is new already


def start(system: System, version: Path) -> None:
    run(version, "migrate", "--database-url", system.database_url)
    system.mail.start()
    for service in system:
        service.settings["PYTHONPATH"] = str(version)
    at_once(system)
    for name in SERVICES:
        system.apply_roster(name)


def roll(system: System, load: Load, to: Path, order: Iterable[str]) -> None:
    """One service after the other: the new replica beside the old one, then without it."""
    for name in order:
        old = system.services[name]
        new = old.twin()
        new.settings["PYTHONPATH"] = str(to)
        new.start()
        load.send(20)
        assert old.is_ready(), old.log()[-2000:]
        assert old.stop() == 0
        system.services[name] = new
        load.send(20)


def test_upgrade_of_one_service_after_the_other_loses_nothing_and_can_be_taken_back(system: System, tmp_path: Path):
    old, new = previous_version(tmp_path / "old"), next_version(tmp_path / "new")
    load = Load(system.bus, seed=5000)
    start(system, old)
    load.send(20)
    assert "at the newest schema" in run(new, "migrate", "--database-url", system.database_url)
    roll(system, load, new, DOWNSTREAM_FIRST)
    roll(system, load, old, SERVICES)
    heal_and_check(system, load)
