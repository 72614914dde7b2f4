"""The sink as a process, on both databases, with a bus of its own."""

import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from sqlalchemy import NullPool, create_engine, text

from tests.harness.bus import Bus
from tests.harness.process import ANSWER_WITHIN, ServiceProcess
from tests.harness.tables import bring_up

MIGRATIONS = Path(__file__).parent / "sink" / "migrations"
PROMPT = 2.0  # seconds for an answer: below every stall that tests make, far above what a busy machine needs


class Sink(ServiceProcess):
    """The sink service and what it wrote."""

    def __init__(self, folder: Path, database_url: str, amqp_uri: str):
        super().__init__("tests.plumbing.sink", folder, OMBUD_DATABASE_URL=database_url, OMBUD_AMQP_URI=amqp_uri)
        self.engine = create_engine(database_url, poolclass=NullPool)
        self._schema = "" if database_url.startswith("sqlite") else "routing."
        bring_up(database_url, "routing", MIGRATIONS)

    def launch_with_files(self, most: int) -> None:
        """Starts it with so many open files allowed, and waits until it is ready."""
        self.start()
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (most, most))

    def effects(self) -> list[str]:
        """The external ids of what it did, one for each time that it did it."""
        return sorted(self.rows("SELECT external_id FROM {}effects"))

    def rows(self, query: str) -> list[str]:
        with self.engine.connect() as connection:
            return [row[0] for row in connection.execute(text(query.format(self._schema)))]

    def change(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement.format(self._schema)))

    def times_to_answer(self, seconds: float) -> list[float]:
        """How long each look at its health took, one after the other for so long."""
        end, taken = time.monotonic() + seconds, []
        while time.monotonic() < end:
            answer = requests.get(f"{self.ops_url}/healthz", timeout=ANSWER_WITHIN)
            assert answer.ok
            taken.append(answer.elapsed.total_seconds())
            time.sleep(0.01)  # the machine is for others, too
        return taken


@pytest.fixture
def bus(amqp_uri: str) -> Iterator[Bus]:
    made = Bus(amqp_uri)
    yield made
    made.close()


@pytest.fixture
def sink(emptied_database: str, amqp_uri: str, tmp_path: Path) -> Iterator[Sink]:
    made = Sink(tmp_path, emptied_database.format(service="routing"), amqp_uri)
    yield made
    made.kill()
    made.engine.dispose()


@pytest.fixture
def postgres_sink(emptied_postgres_url: str, amqp_uri: str, tmp_path: Path) -> Iterator[Sink]:
    made = Sink(tmp_path, emptied_postgres_url, amqp_uri)
    yield made
    made.kill()
    made.engine.dispose()
