"""Runs a service as its own process, as in production, against the servers of the test run."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from ombud.local.ports import free_ports
from ombud.local.processes import Child
from tests.harness.copies import Copy

TOKEN = "token-of-the-tests"
LINK_KEYS = "key-of-the-tests"
# Limits for a product that is broken, not for a machine that is slow.
PATIENCE = 90.0
STOP_WITHIN = 60.0
ANSWER_WITHIN = 30.0
PROJECT = Path(__file__).parents[2]


class ServiceProcess:
    """One service: `start`, `stop` (SIGTERM), `kill` (SIGKILL), HTTP under `url`, health under `ops_url`.

    from_scratch: by an interpreter of its own, which takes longer, for tests of the start itself; else as a copy of a
    program that has imported it already. `ombud run`, in tests/integration/ombud, starts all from scratch. With the
    source of another version (`PYTHONPATH`) it is always from scratch: what was imported already is this version's.
    """

    from_scratch = False

    def __init__(self, module: str, folder: Path, **settings: str):
        self.port, self.ops_port = free_ports(2)
        self.module, self._log = module, folder / f"{module}-{self.port}.log"
        self.settings = {
            "OMBUD_PORT": str(self.port),
            "OMBUD_OPS_PORT": str(self.ops_port),
            "OMBUD_API_TOKEN": TOKEN,
            "OMBUD_DATA_DIR": str(folder),
            "OMBUD_READABLE_LOGS": "false",
            "OMBUD_LINK_KEYS": LINK_KEYS,
            **settings,
        }
        self._child: Child | Copy | None = None

    def twin(self) -> "ServiceProcess":
        """A second replica with the same settings and ports of its own; not started."""
        made = ServiceProcess(self.module, self._log.parent)
        made.settings = self.settings | {k: made.settings[k] for k in ("OMBUD_PORT", "OMBUD_OPS_PORT")}
        return made

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ops_url(self) -> str:
        return f"http://127.0.0.1:{self.ops_port}"

    @property
    def is_alive(self) -> bool:
        return self._child is not None and self._child.is_alive

    @property
    def pid(self) -> int:
        assert self._child and self._child.pid
        return self._child.pid

    def launch(self, **more: str) -> "ServiceProcess":
        """Starts it without waiting; `more` overrides settings for this start."""
        plain = {k: v for k, v in os.environ.items() if not k.startswith("OMBUD_")}
        env = plain | {"PYTHONPATH": str(PROJECT)} | self.settings | more
        argv = [sys.executable, "-m", self.module]
        imports_anew = self.from_scratch or env["PYTHONPATH"] != str(PROJECT)
        self._child = Child(self.module, argv, env, self._log) if imports_anew else Copy(self.module, env, self._log)
        self._child.start()
        return self

    def start(self, **more: str) -> "ServiceProcess":
        return self.launch(**more).wait_until_ready()

    def wait_until_ready(self) -> "ServiceProcess":
        eventually(self.is_ready, f"{self.module} to be ready", lambda: self.log()[-2000:])
        return self

    def is_ready(self) -> bool:
        if self._child and not self._child.is_alive:
            raise AssertionError(f"{self.module} ended with {self._child.exit_code}: {self.log()[-2000:]}")
        try:
            return requests.get(f"{self.ops_url}/readyz", timeout=ANSWER_WITHIN).ok
        except requests.RequestException:
            return False

    def stop(self) -> int | None:
        return self._child.stop(STOP_WITHIN) if self._child else None

    def kill(self) -> None:
        if self._child:
            self._child.kill()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Meanwhile it stands still and keeps its connections."""
        with frozen(self.pid):
            yield

    def wait(self) -> int:
        """The exit code of a process that ends by itself."""
        eventually(lambda: not self.is_alive, f"{self.module} to end", self.log)
        assert self._child
        return self._child.wait()

    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def call(self, method: str, path: str, body: object = None, token: str = TOKEN) -> requests.Response:
        return requests.request(
            method, self.url + path, json=body, timeout=ANSWER_WITHIN, headers={"Authorization": f"Bearer {token}"}
        )

    def metric(self, line: str) -> float:
        """The value of one series, named as it stands in the text format."""
        for each in self.metrics():
            if each.startswith(line + " "):
                return float(each.rsplit(" ", 1)[1])
        raise AssertionError(f"no series {line}")

    def metrics(self) -> list[str]:
        """All lines of the text format."""
        return requests.get(f"{self.ops_url}/metrics", timeout=ANSWER_WITHIN).text.splitlines()


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def at_once(services: Iterable[ServiceProcess]) -> list[ServiceProcess]:
    """Starts them all before it waits for one."""
    return [service.wait_until_ready() for service in [each.launch() for each in services]]


def eventually(
    check: Callable[[], object], what: str, explain: Callable[[], str] = lambda: "", patience: float = PATIENCE
) -> None:
    """Waits until the check is true; the only waiting that tests do. Fails with what was waited for."""
    end = time.monotonic() + patience
    while not check():
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience:.0f} s for {what}; {explain()}")
        time.sleep(0.05)
