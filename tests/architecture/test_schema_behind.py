"""A service does not work on tables that it does not know: it says what to do and ends."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ombud.migrate.command import migrations_of
from shared import schema
from shared.contracts.topology import SERVICES
from tests.harness.process import ServiceProcess, eventually

EXIT_SCHEMA = 3
ONE_LINE = re.compile(r"\w+: the database schema is not at \w+: run `ombud migrate`\n")
Make = Callable[..., ServiceProcess]
NO_BROKER = "amqp://guest:guest@127.0.0.1:1//"  # nothing listens there, and nobody gets that far


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Callable[..., ServiceProcess]]:
    """Makes a service's process on a database; `{service}` in its URL is filled in."""
    made: list[ServiceProcess] = []

    def make(service: str, database: str) -> ServiceProcess:
        url = database.format(service=service)
        made.append(ServiceProcess(f"services.{service}", tmp_path, OMBUD_DATABASE_URL=url, OMBUD_AMQP_URI=NO_BROKER))
        made[-1].from_scratch = True
        return made[-1]

    yield make
    for each in made:
        each.kill()


def end_of(process: ServiceProcess) -> int:
    """Its exit code; a service that runs on fails the test."""
    eventually(lambda: not process.is_alive, "the service to end", process.log)
    return process.wait()


@pytest.mark.parametrize("service", SERVICES)
def test_service_without_its_tables_refuses_to_start(process: Make, service: str, tmp_path: Path) -> None:
    refused = process(service, f"sqlite:///{tmp_path}/{{service}}.sqlite").launch()
    assert end_of(refused) == EXIT_SCHEMA
    assert ONE_LINE.fullmatch(refused.log()), refused.log()
    assert refused.log().startswith(f"{service}: ")


def test_service_with_only_a_part_of_its_tables_refuses_to_start(
    process: Make, any_database: str, tmp_path: Path
) -> None:
    """The plumbing is there, the service's own migration is not."""
    nothing_own = tmp_path / "migrations"
    (nothing_own / "versions").mkdir(parents=True)
    schema.migrate(any_database.format(service="routing"), "routing", nothing_own)
    refused = process("routing", any_database).launch()
    assert end_of(refused) == EXIT_SCHEMA
    assert refused.log().endswith("run `ombud migrate`\n")
    assert "routing_" in refused.log(), "it names the migration that is missing"


def test_service_starts_once_its_tables_are_there(process: Make, any_database: str) -> None:
    """Readiness is the database at the right schema; the broker's absence does not count."""
    schema.migrate(any_database.format(service="routing"), "routing", migrations_of("routing"))
    started = process("routing", any_database).start()
    assert started.stop() == 0


def test_tables_of_a_later_version_are_left_as_they_are(tmp_path: Path) -> None:
    """Who goes back to the version before runs its migrations first; alembic does not know the later name."""
    file, own = tmp_path / "routing.sqlite", migrations_of("routing")
    schema.migrate(f"sqlite:///{file}", "routing", own)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'routing_9999'")
    schema.migrate(f"sqlite:///{file}", "routing", own)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("routing_9999",)]
