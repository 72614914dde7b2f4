"""The whole system for a journey: real services, real broker, SQLite unless a journey asks for PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ombud.local.broker import PrivateBroker
from tests.harness.system import System


@pytest.fixture
def system(tmp_path: Path, amqp_uri: str, broker: PrivateBroker) -> Iterator[System]:
    made = System(tmp_path, f"sqlite:///{tmp_path}/{{service}}.sqlite", amqp_uri, broker)
    yield made
    made.stop()


@pytest.fixture
def system_on_both(any_database: str, tmp_path: Path, amqp_uri: str, broker: PrivateBroker) -> Iterator[System]:
    made = System(tmp_path, any_database, amqp_uri, broker)
    yield made
    made.stop()
