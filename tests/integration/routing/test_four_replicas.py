"""Four replicas as processes on PostgreSQL; 10,000 complaints and 500 agents that come and go, told twice, in disorder.

No complaint has two agents, no agent more than they have room for, no transaction ever waits for one that waits for it,
and once it is quiet nobody waits who could be served.
"""

import os
import pickle
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from services.routing import tables, workforce
from shared import clock
from tests.harness.process import PROJECT
from tests.integration.routing import truth
from tests.integration.routing.load import HEAVY, REPLICAS, Report, Script, a_script, the_policy
from tests.unit.routing.builders import Office

LOOK_EVERY = 1.0  # seconds
PATIENCE = 840.0  # for a product that hangs; it takes about a minute, and four where the machine is busy
pytestmark = pytest.mark.timeout(900)


@dataclass
class Outcome:
    office: Office
    script: Script
    reports: list[Report]
    wrong_meanwhile: list[str]
    looks: int

    @property
    def seconds(self) -> float:
        return max(report.seconds for report in self.reports)

    def most(self, agent_id: str, complaints: list[str | None]) -> int:
        """As much as an agent may have: what was planned for them, and what got heavier in their hands."""
        return self.script.widest[agent_id] + (HEAVY - 1) * len(self.script.grows.intersection(complaints))


@pytest.fixture(scope="module")
def outcome(one_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    start = datetime.now(UTC).replace(microsecond=0)
    office = Office(one_database)
    office.start_over(the_policy(start))
    made = Outcome(office, a_script(start), [], [], 0)
    office.run(lambda tx: workforce.apply_agents(tx, office.desk, made.script.first_agents))
    with looking(made):
        made.reports = run(one_database, start, tmp_path_factory.mktemp("replicas"))
    office.at = clock.now()  # from here on the time stands still, or answers would be due for ever
    office.settle()
    yield made
    office.close()


def run(url: str, start: datetime, folder: Path) -> list[Report]:
    files = [folder / str(n) for n in range(REPLICAS)]
    module = "tests.integration.routing.replica"
    env = os.environ | {"PYTHONPATH": str(PROJECT)}
    argv = [[sys.executable, "-m", module, url, str(n), start.isoformat(), str(file)] for n, file in enumerate(files)]
    started = [subprocess.Popen(each, env=env, stderr=subprocess.PIPE, text=True) for each in argv]
    try:
        for process in started:
            _, errors = process.communicate(timeout=PATIENCE)
            assert process.returncode == 0, errors
    finally:
        for process in started:
            process.kill()
            process.wait()
    return [pickle.loads(file.read_bytes()) for file in files]


@contextmanager
def looking(outcome: Outcome) -> Iterator[None]:
    """Looks again and again whether anything is wrong."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK_EVERY):
            outcome.wrong_meanwhile += truth.wrong_now(outcome.office.db, outcome.most)
            outcome.looks += 1

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_nothing_failed_and_nobody_waited_for_each_other(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    assert [failure for report in outcome.reports for failure in report.failures] == []
    counts = sum((report.counts for report in outcome.reports), Counter[str]())
    messages, seconds = outcome.script.messages, outcome.seconds
    with capsys.disabled():
        print(f"\n{messages} messages in {seconds:.0f} s, {messages / seconds:.0f} a second; {outcome.looks} looks")  # noqa: T201
        print(dict(sorted(counts.items())), outcome.office.summary())  # noqa: T201
    for done in ("relax_waiting", "take_back_unanswered", "follow_agents", "empty_desks", "assign_waiting", "people"):
        assert counts[f"{done} done"] or counts[done], f"{done} had nothing to do"


def test_loads_and_capacities_are_right_all_the_time(outcome: Outcome) -> None:
    assert outcome.looks > 3
    assert outcome.wrong_meanwhile == []
    assert truth.wrong_now(outcome.office.db, outcome.most) == []


def test_each_complaint_has_one_history_without_contradictions(outcome: Outcome) -> None:
    assert truth.wrong_in_history(outcome.office.db) == []


def test_each_decision_is_announced_once_and_counted(outcome: Outcome) -> None:
    a = tables.assignments
    with outcome.office.db.read() as tx:
        attempts = {row.complaint_id: row.attempt for row in tx.execute(select(a.c.complaint_id, a.c.attempt))}
    settled = [(event.complaint_id, event.attempt) for event in outcome.office.announced]  # type: ignore[attr-defined]
    announced = [one for report in outcome.reports for one in report.announced] + settled
    assert truth.wrong_attempts(announced, attempts) == []


def test_in_the_end_all_is_as_the_newest_messages_say(outcome: Outcome) -> None:
    a, g = tables.assignments, tables.agents
    with outcome.office.db.read() as tx:
        states = {row.complaint_id: row.state for row in tx.execute(select(a.c.complaint_id, a.c.state))}
        capacities = {row.id: row.capacity for row in tx.execute(select(g.c.id, g.c.capacity))}
    assert {id_: state == "released" for id_, state in states.items()} == outcome.script.ends
    assert capacities == {id_: agent.capacity for id_, agent in outcome.script.newest.items()}


def test_who_waits_in_the_end_waits_for_a_true_reason(outcome: Outcome) -> None:
    office = outcome.office
    assert office.at is not None
    assert truth.Waiting(office.db, office.desk, office.at).wrong() == []
