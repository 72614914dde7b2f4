"""The real servers that tests run against: one private RabbitMQ and one private PostgreSQL for a whole run."""

import os
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ombud.local.broker import PrivateBroker
from ombud.local.broker_binaries import find_broker
from ombud.local.errors import LocalError
from ombud.local.ports import free_ports
from ombud.local.postgres import PrivatePostgres
from ombud.local.postgres_binaries import find_postgres
from tests.harness.monitoring import MonitoringPrograms, find_monitoring
from tests.harness.servers import empty

# Some machines set it: every worker would rewrite all tests, and every service that starts would compile itself again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The same examples in every run, and as much time for each as the machine needs.
settings.register_profile("ombud", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ombud")

BROKER = os.environ.get("OMBUD_TEST_BROKER", "3.10")
PROGRAMS_FOR = {
    "broker": lambda: find_broker(BROKER),
    "broker_of_the_next_line": lambda: find_broker("4"),
    "postgres": find_postgres,
    "any_database": find_postgres,
    "emptied_database": find_postgres,
    "monitoring": find_monitoring,
}


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fetches what the tests need and is missing; here it takes nobody's time, and one worker waits for the other."""
    if session.config.option.collectonly:
        return
    for fixture in PROGRAMS_FOR.keys() & {name for item in session.items for name in getattr(item, "fixturenames", ())}:
        with suppress(LocalError):  # said again by the fixture, to the test that needs it
            PROGRAMS_FOR[fixture]()


@pytest.fixture(scope="session")
def server_dir() -> Iterator[Path]:
    """Short and reachable: not pytest's own folder, which other users may not enter."""
    with tempfile.TemporaryDirectory(prefix="ombud-test-") as folder:
        os.chmod(folder, 0o755)  # as root, PostgreSQL runs as another user
        yield Path(folder)


@pytest.fixture(scope="session")
def broker(server_dir: Path) -> Iterator[PrivateBroker]:
    server = PrivateBroker(server_dir / "broker", free_ports(4)[0], BROKER)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres(server_dir: Path) -> Iterator[PrivatePostgres]:
    server = PrivatePostgres(server_dir / "postgres", free_ports(1)[0], durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def monitoring() -> MonitoringPrograms:
    """Prometheus, Alertmanager and their tools; a test that wants one to run starts it in a folder of its own."""
    return find_monitoring()


@pytest.fixture
def amqp_uri(broker: PrivateBroker) -> Iterator[str]:
    """A virtual host of its own for each test; gone afterwards, as its queues cost the broker time at every start."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    yield broker.add_vhost(name)
    broker.remove_vhost(name)


@pytest.fixture
def postgres_url(postgres: PrivatePostgres) -> str:
    """A database of its own for each test."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    postgres.create_database(name)
    return postgres.url(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The same test on both databases; on SQLite the URL holds `{service}` to be filled in."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/{{service}}.sqlite"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def postgres_for(postgres: PrivatePostgres) -> Callable[[str], str]:
    """The one database of a name, for files of tests that empty it themselves: each one that is made has 300 files."""
    return cache(postgres.create_database)


@pytest.fixture(scope="module")
def kept_postgres_url(postgres: PrivatePostgres) -> str:
    """One database for a file of tests, with all that they leave in it."""
    return postgres.create_database(f"kept_{uuid.uuid4().hex[:12]}")


@pytest.fixture
def emptied_postgres_url(kept_postgres_url: str) -> str:
    """The same without the rows of the tests before; its tables stay, as making them takes longer than most tests."""
    empty(kept_postgres_url)
    return kept_postgres_url


@pytest.fixture(params=["sqlite", "postgresql"])
def emptied_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """As `any_database`, for tests that need tables and no database of their own: no process, no other schema."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/{{service}}.sqlite"
    url: str = request.getfixturevalue("emptied_postgres_url")
    return url
