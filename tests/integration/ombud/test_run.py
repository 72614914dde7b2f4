"""`ombud run` from the start to the end: everything answers, what dies comes back, nothing is left behind."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import NullPool, create_engine, text

from ombud.layout import places
from ombud.local.ports import is_port_free
from shared.contracts.topology import SERVICES
from tests.harness.system import MILD, ROSTER
from tests.integration.notify.mail_server import LATE, MailServer
from tests.integration.ombud.conftest import Result, free_offset

PATIENCE = 90.0
COMPLAINTS = 300


class Running:
    """One `ombud run`, started empty on the test's own ports, on the broker of the tests."""

    def __init__(self, folder: Path, amqp_uri: str, env: dict[str, str], *more: str):
        self.folder = folder
        self.offset = free_offset(replicas=2)
        command = [
            # Whoever started the tests in the background had SIGINT ignored, and children inherit that.
            "/usr/bin/env",
            "--default-signal=SIGINT,SIGHUP",
            sys.executable,
            "-m",
            "ombud",
            "run",
            "--no-samples",
            "--amqp-uri",
            amqp_uri,
            "--data-dir",
            str(folder),
            "--port-offset",
            str(self.offset),
            *more,
        ]
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines: list[str] = []

    def read_until(self, line: str) -> None:
        assert self.process.stdout is not None
        for read in self.process.stdout:
            self.lines.append(read.rstrip("\n"))
            if self.lines[-1] == line:
                return
        pytest.fail("ended before it said " + line + ": " + "\n".join(self.lines))

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(by)
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


@pytest.fixture
def start(tmp_path: Path, amqp_uri: str, environment: dict[str, str]) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*more: str) -> Running:
        started.append(Running(tmp_path / "data", amqp_uri, environment, *more))
        return started[-1]

    yield start
    for run in started:
        if run.process.poll() is None:
            run.end()


@pytest.fixture
def running(start: Callable[..., Running]) -> Running:
    return start()


def eventually(what: Callable[[], bool]) -> bool:
    """Asks until it is so; the limit is for a broken program only."""
    deadline = time.monotonic() + PATIENCE
    while not what() and time.monotonic() < deadline:
        time.sleep(0.1)
    return what()


def test_it_starts_heals_itself_and_leaves_nothing_behind(running: Running, ombud: Callable[..., Result]) -> None:
    running.read_until("ready")

    def status() -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(ombud("status", "--json", "--data-dir", str(running.folder)).stdout)
        return answer

    first = status()
    assert first["ready"]
    assert [p["service"] for p in first["processes"]] == ["intake", "routing", "escalation", "notify"]
    assert [p["ports"] for p in first["processes"]] == [
        {"http": p.port, "ops": p.ops_port} for p in places(running.offset)
    ]

    routing = first["processes"][1]["pid"]
    os.kill(routing, signal.SIGKILL)
    assert eventually(lambda: (now := status())["ready"] and now["processes"][1]["pid"] != routing)

    started = [psutil.Process(p["pid"]) for p in status()["processes"]]
    started += psutil.Process(running.process.pid).children()
    assert running.end() == 0
    assert [process for process in started if process.is_running()] == []
    assert all(is_port_free(p.port) and is_port_free(p.ops_port) for p in places(running.offset))
    assert ombud("status", "--data-dir", str(running.folder)).returncode == 1


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGHUP, signal.SIGKILL], ids=lambda by: by.name)
def test_however_it_ends_in_the_middle_of_its_start_no_child_stays(running: Running, by: signal.Signals) -> None:
    running.read_until("  4 services")
    started = psutil.Process(running.process.pid)
    assert eventually(lambda: len(started.children()) == 5)
    children = started.children()
    assert running.end(by) == (-by if by is signal.SIGKILL else 0)
    assert eventually(lambda: not any(child.is_running() for child in children))


def test_a_broken_policy_is_one_line_that_names_the_file(
    ombud: Callable[..., Result], tmp_path: Path, amqp_uri: str
) -> None:
    (tmp_path / "policy.yml").write_text("ladder: nothing\n")
    result = ombud(
        "run",
        "--amqp-uri",
        amqp_uri,
        "--port-offset",
        str(free_offset()),
        OMBUD_ESCALATION_POLICY="policy.yml",
    )
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("ombud: escalation did not start: ")
    assert "policy.yml" in line


def test_a_roster_with_one_fault_is_not_applied_at_all_and_without_it_as_a_whole(
    running: Running, ombud: Callable[..., Result], tmp_path: Path
) -> None:
    running.read_until("ready")
    (tmp_path / "roster.yml").write_text(
        "agents:\n"
        "  - {id: jana, name: Jana, languages: [cs], skills: [billing], regions: [CZ], capacity: 3}\n"
        "  - id: petr\n    name: Petr\n    languages: [cs]\n    skills: [billing]\n    regions: [CZ]\n"
        "    capacity: many\n"
        "contacts:\n"
        "  - {person: eva, name: Eva, email: eva@shop.example}\n"
    )
    result = ombud("roster", "apply", "roster.yml", OMBUD_DATA_DIR=str(running.folder))
    assert (result.returncode, result.stdout) == (1, ""), result
    fault, last = result.stderr.splitlines()
    assert fault.startswith("roster.yml:8: petr: /capacity: ")
    assert last == "ombud: roster.yml was not applied: routing refuses the agents (1 fault)"

    (tmp_path / "roster.yml").write_text((tmp_path / "roster.yml").read_text().replace("many", "7"))
    result = ombud("roster", "apply", "roster.yml", OMBUD_DATA_DIR=str(running.folder))
    assert (result.returncode, result.stderr) == (0, ""), result
    assert result.stdout.splitlines() == [
        "agents: 2 new, 0 changed, 0 as they are",
        "  + jana",
        "  + petr",
        "contacts: 1 new, 0 changed, 0 as they are",
        "  + eva",
        "agents: applied",
        "contacts: applied",
    ]
    assert ombud("roster", "apply", "roster.yml", OMBUD_DATA_DIR=str(running.folder)).stdout.splitlines() == [
        "agents: 0 new, 0 changed, 2 as they are",
        "contacts: 0 new, 0 changed, 1 as they are",
        "nothing to apply",
    ]


def test_a_mail_under_way_is_waited_for_at_the_end(
    start: Callable[..., Running], ombud: Callable[..., Result], tmp_path: Path
) -> None:
    mail_server = MailServer()
    mail_server.script["DOT"] = [LATE]
    try:
        running = start("--smtp-url", mail_server.url)
        running.read_until("ready")
        (tmp_path / "roster.yml").write_text(
            "supervisors:\n  - {id: eva, name: Eva, role: supervisor, regions: ['*'], languages: [en]}\n"
            "contacts:\n  - {person: eva, name: Eva, email: eva@shop.example}\n"
        )
        data = {"OMBUD_DATA_DIR": str(running.folder)}
        assert ombud("roster", "apply", "roster.yml", **data).returncode == 0
        severe = {"source": "me", "external_id": "1", "text": "This is unsafe. I want to speak to a supervisor."}
        assert ombud("send", "-", feed=json.dumps(severe), **data).returncode == 0
        assert eventually(lambda: bool(mail_server.letters))
        assert running.end() == 0
    finally:
        mail_server.stop()
    with closing(sqlite3.connect(running.folder / "notify.sqlite")) as database:
        assert database.execute("SELECT recipient, state FROM alerts").fetchall() == [("eva", "accepted")]


def test_two_replicas_of_each_service_share_the_work_and_assign_each_complaint_once(
    start: Callable[..., Running], ombud: Callable[..., Result], tmp_path: Path, postgres_url: str
) -> None:
    running = start("--replicas", "2", "--database-url", postgres_url)
    running.read_until("ready")
    data = {"OMBUD_DATA_DIR": str(running.folder)}
    seen = json.loads(ombud("status", "--json", **data).stdout)
    assert seen["ready"]
    assert [(p["service"], p["replica"]) for p in seen["processes"]] == [(s, k) for k in (1, 2) for s in SERVICES]
    assert len({p["pid"] for p in seen["processes"]}) == 2 * len(SERVICES)

    agents = {path.rpartition("/")[2]: body for path, body in ROSTER["routing"].items()}
    (tmp_path / "roster.json").write_text(
        json.dumps({"agents": [{"id": id_, **body, "capacity": 2 * COMPLAINTS} for id_, body in agents.items()]})
    )
    assert ombud("roster", "apply", "roster.json", **data).returncode == 0
    complaint = {"source": "web", "text": MILD, "customer": {"region": "CZ", "language": "en"}}
    feed = "".join(json.dumps(complaint | {"external_id": str(n)}) + "\n" for n in range(COMPLAINTS))
    assert ombud("send", "-", feed=feed, **data).returncode == 0

    engine = create_engine(postgres_url, poolclass=NullPool)
    # Each assignment that was ever announced is a line in the story of its case.
    told = text("SELECT case_id, count(*) FROM escalation.case_events WHERE what = 'assigned' GROUP BY case_id")
    with engine.connect() as database:
        assert eventually(lambda: len(database.execute(told).all()) == COMPLAINTS)
        assert running.end() == 0
        assert {times for _, times in database.execute(told)} == {1}
        states = text("SELECT state, count(*), sum(weight) FROM routing.assignments GROUP BY state")
        load = database.scalar(text("SELECT sum(load) FROM routing.agents"))
        assert database.execute(states).all() == [("assigned", COMPLAINTS, load)]
