"""Child processes that never outlive us, and the ports they take: for the private servers and `ombud run`."""

import os
import pwd
import resource
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

MANY_FILES = 65_536


@dataclass
class Child:
    """One child process in a session of its own, with its output in a log file.

    `env` is the whole environment of the child. `end_signal` asks it to end; the kernel sends it the same signal when
    we die, even by SIGKILL. `user` is set only by root, for servers that refuse to run as root.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log_path: Path
    user: str | None = None
    end_signal: signal.Signals = signal.SIGTERM
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False, repr=False)
    _log_from: int = field(default=0, init=False, repr=False)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """None while it runs or before it started; negative for a signal, as in `subprocess`."""
        return self._process.poll() if self._process else None

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        if self.is_alive:
            return
        self._process = _spawner.submit(self._spawn).result()

    def wait(self) -> int:
        """For a child that ends by itself; returns its exit code."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process.wait()

    def stop(self, patience: float = 15.0, asked_by: signal.Signals | None = None) -> int | None:
        """Ask it to end (by `end_signal` or another), wait `patience` seconds, then kill it; returns the exit code."""
        if self._process is None:
            return None
        if self.is_alive:
            self._process.send_signal(asked_by or self.end_signal)
        try:
            return self._process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int | None:
        """SIGKILL for the child and all that it started in its session."""
        if self._process is None:
            return None
        if self.is_alive:
            os.killpg(self._process.pid, signal.SIGKILL)
        return self._process.wait()

    def log_tail(self, lines: int = 5) -> str:
        """The last lines of its log, for error texts."""
        if not self.log_path.exists():
            return ""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def log_since_start(self) -> str:
        """What it has written since it was last started; the log has what it wrote before, too."""
        with self.log_path.open("rb") as log:
            log.seek(self._log_from)
            return log.read().decode(errors="replace")

    def _spawn(self) -> "subprocess.Popen[bytes]":
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._log_from = log.tell()
            return subprocess.Popen(
                _tied_to_us(self.argv, self.end_signal),
                env=dict(self.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                # Ctrl-C in a terminal reaches us alone; we stop our children in order.
                start_new_session=True,
                user=self.user,
                group=None if self.user is None else _group_of(self.user),
                extra_groups=None if self.user is None else [],
            )


def _tied_to_us(argv: Sequence[str], end_signal: signal.Signals) -> list[str]:
    """Has the kernel send `end_signal` when we die, however that comes (prctl(2), PR_SET_PDEATHSIG).

    By setpriv of util-linux, not by `preexec_fn`: that would run Python between fork and exec, with all of eventlet's
    fork hooks in a test process.
    """
    tie = _setpriv()
    return [tie, "--pdeathsig", end_signal.name.removeprefix("SIG"), "--", *argv] if tie else list(argv)


def with_many_files(argv: Sequence[str]) -> list[str]:
    """Lets the command open as many files as this user may have open, at most 65,536.

    An ordinary user begins with 1,024, of which RabbitMQ needs some for each virtual host: it stops answering beyond.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MANY_FILES if hard == resource.RLIM_INFINITY else min(hard, MANY_FILES)
    raise_ = shutil.which("prlimit")
    return [raise_, f"--nofile={most}:", *argv] if raise_ and soft < most else list(argv)


@cache
def _setpriv() -> str | None:
    path = shutil.which("setpriv")
    if path is None:
        return None
    helped = subprocess.run([path, "--help"], capture_output=True, text=True, check=False)
    return path if "--pdeathsig" in helped.stdout else None


def _group_of(user: str) -> int:
    return pwd.getpwnam(user).pw_gid


def _new_spawner() -> ThreadPoolExecutor:
    # The kernel takes the *thread* that forked for the parent, so one thread that lives as long as we do forks them
    # all; a server started from a short-lived thread would die with that thread.
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


def _renew_spawner() -> None:
    global _spawner
    _spawner = _new_spawner()


_spawner = _new_spawner()
os.register_at_fork(after_in_child=_renew_spawner)  # a thread does not survive a fork


def is_running(pid_file: Path) -> int | None:
    """The pid that `remember_pid` wrote, if that very process still runs."""
    try:
        pid, started = pid_file.read_text().split()
    except (FileNotFoundError, ValueError):
        return None
    return int(pid) if _start_of(int(pid)) == started else None


def remember_pid(pid_file: Path, pid: int) -> None:
    """Written with the start time of the process, as pids are used again."""
    pid_file.write_text(f"{pid} {_start_of(pid)}\n")


def _start_of(pid: int) -> str:
    """Clock ticks since boot at which the process started, or "gone"; field 22 of /proc/PID/stat (proc(5))."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "gone"
    return "gone" if fields[0] == "Z" else fields[19]
