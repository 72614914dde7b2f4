"""Starts services as copies of a program that has imported them already (mould.py), for process.py.

One mould for each service and each worker of pytest, from the first start on until the worker ends.
"""

import json
import os
import select
import signal
import socket
import sys
import tempfile
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path

from ombud.local.processes import Child

PROJECT = Path(__file__).parents[2]
WITHIN = 90.0  # seconds until a mould has imported its service, and until a copy is made
_one_at_a_time = threading.Lock()


class Copy:
    """As `Child` of ombud.local.processes, in a session of its own; its end is told by its keeper."""

    def __init__(self, module: str, env: dict[str, str], log_path: Path):
        self._module, self._env, self._log_path = module, env, log_path
        self._told = -1
        self.pid: int | None = None
        self._ended: int | None = None

    def start(self) -> None:
        self._log_path.parent.mkdir(parents=True, exist_ok=True)
        self._told, telling = os.pipe()
        with self._log_path.open("ab") as log, _one_at_a_time:
            socket.send_fds(_mould_of(self._module), [json.dumps(self._env).encode()], [log.fileno(), telling])
        os.close(telling)
        self.pid = self._next_number(WITHIN)
        if self.pid is None:
            raise AssertionError(f"no copy of {self._module} within {WITHIN:.0f} s")

    @property
    def is_alive(self) -> bool:
        return self.exit_code is None

    @property
    def exit_code(self) -> int | None:
        return self._end(0)

    def wait(self, patience: float | None = None) -> int | None:
        return self._end(patience)

    def stop(self, patience: float) -> int | None:
        if self.is_alive:
            self._send(signal.SIGTERM)
        ended = self._end(patience)
        return self.kill() if ended is None else ended

    def kill(self) -> int | None:
        """SIGKILL for all of its session."""
        if self.is_alive and self.pid:
            with suppress(ProcessLookupError):  # it ended just now
                os.killpg(self.pid, signal.SIGKILL)
        return self._end(None)

    def _send(self, number: signal.Signals) -> None:
        assert self.pid
        with suppress(ProcessLookupError):  # it ended just now
            os.kill(self.pid, number)

    def _end(self, patience: float | None) -> int | None:
        if self._ended is None:
            self._ended = self._next_number(patience)
            if self._ended is not None:
                os.close(self._told)
        return self._ended

    def _next_number(self, patience: float | None) -> int | None:
        """None while there is none yet; a keeper that went without a word was killed with all the others."""
        if not select.select([self._told], [], [], patience)[0]:
            return None
        line = b""
        while not line.endswith(b"\n"):
            if not (more := os.read(self._told, 1)):
                return -signal.SIGKILL
            line += more
        return int(line)


@cache
def _mould_of(module: str) -> socket.socket:
    """A connection to the mould, which ends when this program does."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("OMBUD_")} | {"PYTHONPATH": str(PROJECT)}
    with tempfile.TemporaryDirectory(prefix="ombud-mould-") as folder:
        address, log_path = f"{folder}/door", Path(folder) / "log"
        child = Child("mould", [sys.executable, "-m", "tests.harness.mould", address, module], env, log_path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
            door.bind(address)
            door.listen()
            door.settimeout(WITHIN)
            child.start()
            connection, _ = door.accept()
        connection.settimeout(WITHIN)
        if not connection.recv(1):
            raise AssertionError(f"the mould of {module} broke: {child.log_tail(20)}")
    connection.setblocking(True)
    _moulds.append(child)
    return connection


_moulds: list[Child] = []  # kept, or whoever reaps them would be gone
