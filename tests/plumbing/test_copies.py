"""Services that tests start as copies of one program: each is as if it had been started from scratch."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.harness.process import PROJECT, ServiceProcess, eventually

NO_DATABASE = "postgresql+psycopg2://nobody@127.0.0.1:1/none"  # is waited for
NO_BROKER = "amqp://guest:guest@127.0.0.1:1//"

STARTER = """
import sys, time
from pathlib import Path
from tests.plumbing.test_copies import waiting
print(waiting(Path(sys.argv[1])).pid, flush=True)
time.sleep(600)
"""


def a_sink(folder: Path, **settings: str) -> ServiceProcess:
    return ServiceProcess("tests.plumbing.sink", folder, OMBUD_AMQP_URI=NO_BROKER, **settings)


def waiting(folder: Path) -> ServiceProcess:
    """One that is in the middle of its start, for as long as it is left alone."""
    made = a_sink(folder, OMBUD_DATABASE_URL=NO_DATABASE).launch()
    eventually(lambda: "waiting_for_database" in made.log() or not made.is_alive, "it to wait", made.log)
    assert made.is_alive, made.log()
    return made


@pytest.mark.parametrize("from_scratch", [False, True])
def test_its_exit_code_and_its_words_are_its_own(tmp_path: Path, from_scratch: bool) -> None:
    refused = a_sink(tmp_path, OMBUD_DATABASE_URL="mysql://somewhere")
    refused.from_scratch = from_scratch
    assert refused.launch().wait() == 2
    assert refused.log().startswith("SinkService: "), refused.log()
    assert refused.log().count("\n") == 1


def test_it_has_the_settings_that_it_is_given_and_none_of_another(tmp_path: Path) -> None:
    assert a_sink(tmp_path, OMBUD_DATABASE_URL="mysql://somewhere").launch().wait() == 2
    made = waiting(tmp_path)
    assert made.kill() is None and not made.is_alive
    none = a_sink(tmp_path)
    assert none.launch().wait() == 3, "its database is the usual one, without tables"


def test_with_the_source_of_another_version_it_runs_that_source(tmp_path: Path) -> None:
    mine = tmp_path / "tests" / "plumbing" / "sink"
    mine.mkdir(parents=True)
    (mine / "__main__.py").write_text("raise SystemExit('of another version')")
    other = a_sink(tmp_path, PYTHONPATH=str(tmp_path)).launch()
    assert (other.wait(), other.log()) == (1, "of another version\n")


def test_it_ends_by_the_signal_that_it_gets(tmp_path: Path) -> None:
    made = waiting(tmp_path)
    assert psutil.Process(made.pid).status() != psutil.STATUS_ZOMBIE
    os.kill(made.pid, signal.SIGKILL)
    assert made.wait() == -signal.SIGKILL
    assert not psutil.pid_exists(made.pid)


def test_each_is_in_a_session_of_its_own_and_goes_on_without_the_other(tmp_path: Path) -> None:
    both = [waiting(tmp_path), waiting(tmp_path)]
    assert len({os.getsid(each.pid) for each in both} | {os.getsid(0)}) == 3
    both[0].kill()
    tries = both[1].log().count("waiting_for_database")
    eventually(lambda: both[1].log().count("waiting_for_database") > tries, "the other one to go on", both[1].log)
    both[1].kill()


def test_none_outlives_whoever_started_it(tmp_path: Path) -> None:
    env = os.environ | {"PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", STARTER, str(tmp_path)]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        pid = int(starter.stdout.readline())
        mould = psutil.Process(pid).parent()
        assert mould and psutil.pid_exists(pid)
        starter.kill()
    eventually(lambda: not psutil.pid_exists(pid) and not mould.is_running(), "both to end")
