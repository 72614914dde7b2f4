"""Child processes: they end when asked, and when we die."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from ombud.local.ports import claim, first_free, free_ports, is_port_free
from ombud.local.processes import Child, is_running, remember_pid
from tests.harness.process import PATIENCE, eventually


def a_child(folder: Path, script: str, name: str = "child") -> Child:
    return Child(name, ["/bin/sh", "-c", script], dict(os.environ), folder / f"{name}.log")


def test_child_ends_when_asked(tmp_path: Path) -> None:
    child = a_child(tmp_path, "exec sleep 600")
    child.start()
    assert child.is_alive
    assert child.stop() == -signal.SIGTERM
    assert not child.is_alive


def test_child_that_does_not_listen_is_killed_with_all_it_started(tmp_path: Path) -> None:
    child = a_child(tmp_path, "trap '' TERM; sleep 600 & echo ready; while :; do wait; done")
    child.start()
    eventually(lambda: "ready" in child.log_tail(), "it to be ready", child.log_tail)
    started = psutil.Process(child.pid).children(recursive=True)
    assert child.stop(patience=0.2) == -signal.SIGKILL
    assert psutil.wait_procs(started, timeout=PATIENCE)[1] == []


def test_child_writes_to_its_log_and_keeps_older_lines(tmp_path: Path) -> None:
    child = a_child(tmp_path, "echo out; echo err >&2")
    for _ in range(2):
        child.start()
        assert child.wait() == 0
    assert child.log_tail(4) == "out\nerr\nout\nerr"


@pytest.mark.parametrize("thread", ["main", "short"], ids=["from the main thread", "from a thread that ended"])
def test_child_dies_with_a_killed_parent_and_not_before(tmp_path: Path, thread: str) -> None:
    argv = [sys.executable, "-c", _PARENT, str(tmp_path), thread]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        after_half_a_second = parent.stdout.readline()
        parent.kill()
    assert after_half_a_second == "alive\n"
    assert psutil.wait_procs([child], timeout=PATIENCE)[1] == []


_PARENT = textwrap.dedent(
    """
    import os, psutil, sys, threading, time
    from pathlib import Path
    from ombud.local.processes import Child
    child = Child("child", ["/bin/sleep", "600"], dict(os.environ), Path(sys.argv[1]) / "child.log")
    if sys.argv[2] == "main":
        child.start()
    else:
        starter = threading.Thread(target=child.start)
        starter.start()
        starter.join()
    while psutil.Process(child.pid).name() != "sleep":  # only then is it tied to us
        time.sleep(0.01)
    print(child.pid, flush=True)
    try:
        psutil.Process(child.pid).wait(0.5)
        print("died with the thread", flush=True)
    except psutil.TimeoutExpired:
        print("alive", flush=True)
    sys.stdin.read()
    """
)


def test_pid_file_is_believed_only_for_the_very_process(tmp_path: Path) -> None:
    pid_file = tmp_path / "child.pid"
    remember_pid(pid_file, os.getpid())
    assert is_running(pid_file) == os.getpid()
    pid_file.write_text(f"{os.getpid()} 1\n")
    assert is_running(pid_file) is None
    assert is_running(tmp_path / "never.pid") is None


def test_free_ports_are_in_a_row_and_free() -> None:
    ports = free_ports(4)
    assert ports == list(range(ports[0], ports[0] + 4))
    assert all(is_port_free(port) for port in ports)


def test_free_ports_are_not_given_out_twice_though_nobody_listens_yet() -> None:
    given = [port for _ in range(200) for port in free_ports(3)]
    assert len(set(given)) == len(given)


def test_processes_beside_each_other_never_give_out_the_same_port() -> None:
    """Else two test runs of one machine start their servers where the other does, between asking and listening."""
    script = "from ombud.local.ports import free_ports; print(*(free_ports(1)[0] for _ in range(300)), flush=True)"
    argv = [sys.executable, "-c", f"{script}; input()"]
    beside = [subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    told = [process.stdout.readline().split() for process in beside if process.stdout]
    told.append([str(port) for _ in range(200) for port in free_ports(3)])
    for process in beside:
        process.communicate("\n", timeout=PATIENCE)
    assert [len(ports) for ports in told] == [300, 300, 300, 600]
    assert len({port for ports in told for port in ports}) == 1500


def test_what_one_process_claims_is_free_once_it_is_killed() -> None:
    script = "from ombud.local.ports import claim; print(claim('of-this-test'), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout and other.stdout.readline() == b"True\n"
        assert not claim("of-this-test")
        other.kill()
    assert claim("of-this-test")


@pytest.mark.parametrize("port", [15692, 25672])
def test_free_ports_are_never_those_of_a_broker_of_the_machine(port: int) -> None:
    assert first_free(range(port, port + 1), 1) == []
    assert port not in first_free(range(port - 2, port + 8), 4)


def test_a_server_may_open_many_files_though_its_user_begins_with_few() -> None:
    script = "import subprocess; from ombud.local.processes import with_many_files as many; "
    script += "subprocess.run(many(['sh', '-c', 'ulimit -n']), check=True)"
    few = ["prlimit", "--nofile=256:4096", sys.executable, "-c", script]
    assert subprocess.run(few, capture_output=True, text=True, check=True).stdout == "4096\n"
