"""What is looked at before anything starts, and what the processes are given."""

import errno
import os
import re
import stat
import sys
from pathlib import Path

import click
import pytest

from ombud import runfile
from ombud.layout import Folder, places, taken_ports
from ombud.main import main, wrong_python
from ombud.options import RunOptions
from ombud.run import environment, lock, preflight
from ombud.run.command import demo, run
from ombud.runfile import Process, Run
from ombud.token import settings_entry
from ombud.trouble import Trouble
from shared.tokens import MAX_NAME, TokenBook

POSTGRES = "postgresql+psycopg2://u@h/d"


def options(**given: object) -> RunOptions:
    return RunOptions(data_dir=None, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("version", [(3, 10), (3, 12), (2, 7)])
def test_another_python_is_refused_with_the_right_one(version: tuple[int, int]) -> None:
    assert f"this is Python {version[0]}.{version[1]}, Ombud needs 3.11" in (wrong_python(version) or "")


def test_python_3_11_is_taken() -> None:
    assert wrong_python((3, 11)) is None


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({"replicas": 2}, "--replicas needs PostgreSQL"),
        ({"database_url": "sqlite:////tmp/x.sqlite"}, "a file of its own: leave --database-url away"),
        ({"amqp_uri": "http://localhost"}, "starts with amqp://"),
    ],
)
def test_options_that_cannot_be_are_refused_with_what_would_do(given: dict[str, object], advice: str) -> None:
    with pytest.raises(Trouble, match=advice):
        preflight.check_options(options(**given))


def test_a_database_url_without_its_driver_is_refused_with_the_right_one() -> None:
    with pytest.raises(Trouble, match=r"postgresql\+psycopg2://"):
        preflight.check_options(options(database_url="postgresql://u@h/d"))


@pytest.mark.parametrize(
    ("value", "is_empty"), [(None, False), ("", False), ("0", False), ("false", False), ("1", True), ("true", True)]
)
@pytest.mark.parametrize("command", [run, demo])
def test_a_variable_leaves_the_samples_out(
    monkeypatch: pytest.MonkeyPatch, command: click.Command, value: str | None, is_empty: bool
) -> None:
    monkeypatch.delenv("OMBUD_NO_SAMPLES", raising=False)
    if value is not None:
        monkeypatch.setenv("OMBUD_NO_SAMPLES", value)
    assert command.make_context("ombud", []).params["no_samples"] is is_empty


def test_replicas_are_fine_on_postgresql() -> None:
    preflight.check_options(options(replicas=2, database_url=POSTGRES))


@pytest.mark.parametrize(("free_mb", "is_enough"), [(199, False), (200, True)])
def test_a_full_disk_is_refused(free_mb: int, is_enough: bool, tmp_path: Path) -> None:
    if is_enough:
        preflight.require_space(tmp_path, free_mb * 2**20)
        return
    with pytest.raises(Trouble, match=r"only 199 MB are free in .* --data-dir"):
        preflight.require_space(tmp_path, free_mb * 2**20)


def test_no_two_processes_share_a_port() -> None:
    ports = [port for port, _ in taken_ports(1000, 3, own_broker=True, own_mailbox=True)]
    assert len(ports) == len(set(ports)) == 3 * 8 + 2 + 4
    assert {p.port for p in places(1000, 2) if p.service == "intake"} == {9001, 9101}


def test_secrets_are_drawn_once_and_kept_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "token"
    drawn = environment.kept_secret(path)
    assert environment.kept_secret(path) == drawn
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_the_caller_has_set_for_the_services_stays_in_force(tmp_path: Path) -> None:
    outer = {
        "OMBUD_MAIL_FROM": "care@shop.example",
        "OMBUD_API_TOKEN": "mine",
        "OMBUD_DATABASE_URL": "stale",
    }
    env = environment.common(options(database_url=POSTGRES), Folder(tmp_path), "amqp://b", outer)
    assert (env["OMBUD_MAIL_FROM"], env["OMBUD_API_TOKEN"]) == ("care@shop.example", "mine")
    assert (env["OMBUD_DATABASE_URL"], env["OMBUD_AMQP_URI"]) == (POSTGRES, "amqp://b")


@pytest.mark.parametrize("name", sorted(environment.PATHS))
def test_a_path_is_meant_from_where_the_caller_stands(tmp_path: Path, name: str) -> None:
    outer = {name: "my/policy.yml", "OMBUD_LAST_RESORT": "ann"}
    env = environment.common(options(), Folder(tmp_path), "amqp://b", outer)
    assert (env[name], env["OMBUD_LAST_RESORT"]) == (str(Path.cwd() / "my/policy.yml"), "ann")
    assert environment.common(options(), Folder(tmp_path), "amqp://b", {name: ""})[name] == ""


def test_every_setting_that_is_a_path_is_known_as_one() -> None:
    """Those that settings make a Path of."""
    root = Path(environment.__file__).parents[2]
    texts = [path.read_text() for path in (*root.glob("services/*/settings.py"), root / "shared/settings.py")]
    read = {
        f"OMBUD_{name}"
        for text in texts
        for name in re.findall(r'= env.str\("(\w+)", ""\)', text)
        if _is_path(text, name)
    }
    assert read | {"OMBUD_SMS_PROVIDERS"} == environment.PATHS


def _is_path(text: str, name: str) -> bool:
    (variable,) = re.findall(rf'(\w+)(?:, \w+)* = env.str\("{name}"', text)
    return f"Path({variable})" in text


def test_the_samples_come_with_their_last_resort(tmp_path: Path) -> None:
    with_samples = environment.common(options(), Folder(tmp_path), "amqp://b", {})
    without = environment.common(options(samples=False), Folder(tmp_path), "amqp://b", {})
    assert with_samples["OMBUD_LAST_RESORT"] == "operations.duty"
    assert "OMBUD_LAST_RESORT" not in without


def test_the_files_of_another_user_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's refusal is played, as it refuses nothing to root."""
    real = os.open

    def refusing(path: str | Path, *args: int, **kwargs: int) -> int:
        if str(path).endswith("run.lock"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", refusing)
    monkeypatch.setattr(sys, "argv", ["ombud", "run", "--data-dir", str(tmp_path)])
    with pytest.raises(SystemExit, match=f"^ombud: {tmp_path}/run.lock: only another user may"):
        main()


def test_a_second_run_in_a_folder_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "run.lock"
    refused = pytest.raises(Trouble, match=rf"already runs in .* \(pid {os.getpid()}\)")
    with lock.held(path), refused, lock.held(path):
        pass
    with lock.held(path):  # free again
        pass


def a_run() -> Run:
    intake = Process("intake", 1, 8001, 9001, pid=7, log="/x/intake.log")
    return Run(pid=os.getpid(), amqp_uri="amqp://b", token="t", processes=(intake,))


def test_the_run_is_found_by_others_while_it_lives(tmp_path: Path) -> None:
    with lock.held(Folder(tmp_path).lock):
        runfile.write(tmp_path, a_run())
        assert runfile.read(tmp_path) == a_run()
        assert stat.S_IMODE((tmp_path / "run.json").stat().st_mode) == 0o600


def test_what_a_killed_run_left_behind_is_no_run(tmp_path: Path) -> None:
    runfile.write(tmp_path, a_run())
    Folder(tmp_path).lock.write_text("999999999 1\n")
    assert runfile.read(tmp_path) is None


def test_a_token_entry_is_what_the_services_read() -> None:
    caller = TokenBook.parse(settings_entry("petr", ("person", "operator", "person"), "secret")).find("secret")
    assert caller is not None
    assert (caller.name, caller.scopes) == ("petr", frozenset({"person", "operator"}))


@pytest.mark.parametrize("name", ["", "a:b", "a,b", "a b"])
def test_a_name_that_would_break_the_entry_is_refused(name: str) -> None:
    with pytest.raises(Trouble, match="may not be empty"):
        settings_entry(name, ("person",), "secret")


def test_the_longest_name_that_is_printed_is_the_longest_that_the_services_read() -> None:
    TokenBook.parse(settings_entry("p" * MAX_NAME, ("person",), "secret"))
    with pytest.raises(Trouble, match=f"has {MAX_NAME + 1} characters; at most {MAX_NAME}"):
        settings_entry("p" * (MAX_NAME + 1), ("person",), "secret")
