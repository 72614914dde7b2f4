"""`ombud run` from the start to the end: everything answers, what dies comes back, nothing is left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ombud.layout import places
from ombud.local.ports import is_port_free
from tests.integration.ombud.conftest import Result, free_offset

PATIENCE = 90.0


class Running:
    """One `ombud run` on the test's own ports, on the broker of the tests."""

    def __init__(self, folder: Path, amqp_uri: str, env: dict[str, str]):
        self.folder = folder
        self.offset = free_offset()
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
def running(tmp_path: Path, amqp_uri: str, environment: dict[str, str]) -> Iterator[Running]:
    run = Running(tmp_path / "data", amqp_uri, environment)
    yield run
    if run.process.poll() is None:
        run.end()


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


def test_a_roster_is_applied_and_what_is_refused_is_named_by_its_line(
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
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        "agents: 1 applied, 1 refused",
        "supervisors: 0 applied",
        "contacts: 1 applied",
    ]
    assert result.stderr.startswith("roster.yml:8: petr: /capacity: "), result
