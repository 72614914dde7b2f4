"""What a user can put right is said on one line, and nothing is started."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ombud.run import lock
from tests.integration.ombud.conftest import Result, free_offset

NOWHERE = "amqp://ombud@127.0.0.1:1/"
NO_DATABASE = "postgresql+psycopg2://ombud@127.0.0.1:1/ombud"


def the_line(result: Result) -> str:
    """The one line that was said; the exit code told that it is a refusal."""
    assert result.returncode == 1, result
    (line,) = result.stderr.splitlines()
    return line


@pytest.mark.parametrize("command", ["run", "demo"])
def test_a_taken_port_is_named_with_the_way_out(ombud: Callable[..., Result], command: str) -> None:
    offset = free_offset()
    first = 8003 + offset
    with socket.create_server(("127.0.0.1", first)):
        line = the_line(ombud(command, "--port-offset", str(offset)))
    assert line.startswith(f"ombud: port {first} (escalation) is taken by another program")
    assert int(line.rpartition("--port-offset ")[2]) > offset


def test_a_second_start_in_the_same_folder_names_the_first(ombud: Callable[..., Result], tmp_path: Path) -> None:
    with lock.held(tmp_path / "run.lock"):
        line = the_line(ombud("run", OMBUD_DATA_DIR=str(tmp_path)))
    assert f"already runs in {tmp_path} (pid {os.getpid()})" in line


@pytest.mark.parametrize(
    ("args", "advice"),
    [
        (("run", "--replicas", "2"), "--replicas needs PostgreSQL"),
        (("run", "--database-url", "postgresql://u@h/d"), "name the driver: postgresql+psycopg2://"),
        (("run", "--database-url", "mysql://u@h/d"), "use postgresql+psycopg2://"),
        (("run", "--database-url", "nonsense"), "is not a database URL"),
        (("run", "--amqp-uri", NOWHERE), "no RabbitMQ that lets us in at 127.0.0.1:1/"),
        (("run", "--data-dir", "/proc/ombud"), "choose another with --data-dir"),
        (("migrate", "--database-url", NO_DATABASE), "look at --database-url"),
        (("send", "--amqp-uri", NOWHERE, "-"), "no RabbitMQ that lets us in"),
        (("send", "-"), "nothing runs in .ombud"),
        (("status",), "start `ombud run`"),
    ],
)
def test_each_wrong_setting_is_one_line_that_says_what_to_do(
    ombud: Callable[..., Result], args: tuple[str, ...], advice: str
) -> None:
    free = {"OMBUD_PORT_OFFSET": str(free_offset())} if args[0] == "run" else {}
    assert advice in the_line(ombud(*args, **free))


def test_a_roster_with_faults_is_refused_before_anything_is_sent(ombud: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "roster.yml").write_text("agents:\n  - id: jana\n    skils: [billing]\n  - id: jana\n")
    result = ombud("roster", "apply", "roster.yml")
    assert result.returncode == 1
    assert [line.partition(": ")[0] for line in result.stderr.splitlines()] == ["roster.yml:3", "roster.yml:4", "ombud"]


def test_a_command_that_has_nothing_to_complain_of_says_nothing_to_its_errors(ombud: Callable[..., Result]) -> None:
    result = ombud("template", "list")
    assert (result.returncode, result.stderr) == (0, "")
