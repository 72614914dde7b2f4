"""The whole system on PostgreSQL for fault rounds; `--rounds N` repeats them (`make soak`)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ombud.local.broker import PrivateBroker
from tests.harness.policies import without_storms
from tests.harness.system import System


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rounds", type=int, default=1, help="how often each fault round is run")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "round_number" in metafunc.fixturenames:
        metafunc.parametrize("round_number", range(1, metafunc.config.getoption("--rounds") + 1))


@pytest.fixture
def system(tmp_path: Path, postgres_url: str, amqp_uri: str, broker: PrivateBroker) -> Iterator[System]:
    made = System(tmp_path, postgres_url, amqp_uri, broker, **without_storms(tmp_path))
    yield made
    made.stop()


@pytest.fixture
def sqlite_system(tmp_path: Path, amqp_uri: str, broker: PrivateBroker) -> Iterator[System]:
    made = System(tmp_path, f"sqlite:///{tmp_path}/{{service}}.sqlite", amqp_uri, broker, **without_storms(tmp_path))
    yield made
    made.stop()
