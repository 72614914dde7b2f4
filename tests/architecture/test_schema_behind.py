"""A service does not work on tables that it does not know: it says what to do and ends."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ombud.migrate import migrations_of
from shared import schema
from shared.contracts.topology import SERVICES
from tests.harness.process import ServiceProcess

EXIT_SCHEMA = 3
ONE_LINE = re.compile(r"\w+: the database schema is not at \w+: run `ombud migrate`\n")
NO_BROKER = "amqp://guest:guest@127.0.0.1:1//"  # nothing listens there, and nobody gets that far


def process(service: str, folder: Path, database: str) -> ServiceProcess:
    return ServiceProcess(
        f"services.{service}", folder, OMBUD_DATABASE_URL=database.format(service=service), OMBUD_AMQP_URI=NO_BROKER
    )


@pytest.fixture
def routing(tmp_path: Path, any_database: str) -> Iterator[ServiceProcess]:
    made = process("routing", tmp_path, any_database)
    yield made
    made.kill()


@pytest.mark.parametrize("service", SERVICES)
def test_service_without_its_tables_refuses_to_start(service: str, tmp_path: Path) -> None:
    refused = process(service, tmp_path, f"sqlite:///{tmp_path}/{{service}}.sqlite").launch()
    assert refused.wait() == EXIT_SCHEMA
    assert ONE_LINE.fullmatch(refused.log()), refused.log()
    assert refused.log().startswith(f"{service}: ")


def test_service_with_only_a_part_of_its_tables_refuses_to_start(routing: ServiceProcess, tmp_path: Path) -> None:
    """The plumbing is there, the service's own migration is not."""
    nothing_own = tmp_path / "migrations"
    (nothing_own / "versions").mkdir(parents=True)
    schema.migrate(routing.settings["OMBUD_DATABASE_URL"], "routing", nothing_own)
    assert routing.launch().wait() == EXIT_SCHEMA
    assert routing.log().endswith("run `ombud migrate`\n")
    assert "routing_" in routing.log(), "it names the migration that is missing"


def test_service_starts_once_its_tables_are_there(routing: ServiceProcess) -> None:
    """Readiness is the database at the right schema; the broker's absence does not count."""
    schema.migrate(routing.settings["OMBUD_DATABASE_URL"], "routing", migrations_of("routing"))
    routing.start()
    assert routing.stop() == 0
