"""Of a local run, the doctor looks at what its processes were given; elsewhere at the environment."""

import os
from pathlib import Path

from ombud import runfile
from ombud.doctor import local
from ombud.doctor.finding import Gravity
from ombud.run import lock
from ombud.runfile import Process, Run

OUTER = {"OMBUD_LAST_RESORT": "duty"}
GONE = 2**22 + 1  # above the highest pid


def a_run(tmp_path: Path, pid: int, *others: Process) -> None:
    process = Process("routing", 1, 8002, 9002, pid, "routing.log")
    runfile.write(tmp_path, Run(os.getpid(), "amqp://u:p@h/", "token", (process, *others)))


def test_a_running_service_is_looked_at_with_what_it_was_given(tmp_path: Path) -> None:
    with lock.held(tmp_path / "run.lock"):
        a_run(tmp_path, os.getpid())
        found = local.variables(tmp_path, OUTER)
    assert found["routing"]["PATH"] == os.environ["PATH"]
    assert "OMBUD_LAST_RESORT" not in found["routing"]


def test_one_that_is_gone_is_looked_at_with_the_environment(tmp_path: Path) -> None:
    with lock.held(tmp_path / "run.lock"):
        a_run(tmp_path, GONE)
        assert local.variables(tmp_path, OUTER).keys() == {""}


def test_one_that_has_died_is_looked_at_with_what_the_others_have_and_its_own_ports(tmp_path: Path) -> None:
    with lock.held(tmp_path / "run.lock"):
        a_run(tmp_path, os.getpid(), Process("notify", 1, 8104, 9104, GONE, "notify.log"))
        found = local.variables(tmp_path, OUTER)
    assert found["notify"]["PATH"] == os.environ["PATH"]
    assert (found["notify"]["OMBUD_PORT"], found["notify"]["OMBUD_OPS_PORT"]) == ("8104", "9104")


def test_of_one_that_has_died_its_log_is_named(tmp_path: Path) -> None:
    with lock.held(tmp_path / "run.lock"):
        a_run(tmp_path, os.getpid(), Process("notify", 1, 8104, 9104, GONE, "notify.log"))
        found = [(c.service, f) for c in local.checks(tmp_path, local.variables(tmp_path, {})) for f in c.look()]
    ((service, finding),) = found
    assert (service, finding.gravity) == ("notify", Gravity.FAULT)
    assert finding.text.startswith("notify has died") and "notify.log" in finding.remedy


def test_without_a_run_it_is_the_environment_with_the_data_folder(tmp_path: Path) -> None:
    a_run(tmp_path, os.getpid())
    assert local.variables(tmp_path, OUTER) == {"": OUTER | {"OMBUD_DATA_DIR": str(tmp_path)}}


def test_the_environment_says_where_the_data_are(tmp_path: Path) -> None:
    outer = {"OMBUD_DATA_DIR": "/srv/ombud"}
    assert local.variables(tmp_path, outer)[""]["OMBUD_DATA_DIR"] == "/srv/ombud"


def test_that_nothing_runs_is_said_before_all_that_follows_from_it(tmp_path: Path) -> None:
    (check,) = local.checks(tmp_path, local.variables(tmp_path, {}))
    (finding,) = check.look()
    assert finding.text.startswith(f"nothing runs in {tmp_path}")


def test_where_settings_are_they_are_looked_at(tmp_path: Path) -> None:
    assert not list(local.checks(tmp_path, local.variables(tmp_path, {"OMBUD_AMQP_URI": "amqp://h"})))
