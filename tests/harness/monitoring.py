"""Prometheus and Alertmanager with their tools, for tests: the installed ones, else Debian's, unpacked without root.

`find_monitoring()` gives the four programs; `Prometheus` and `Alertmanager` run on loopback ports with a given file.
"""

import re
import shutil
import subprocess
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from ombud.local.broker import PrivateBroker
from ombud.local.packages import Bundle, unpacked
from ombud.local.ports import free_ports
from ombud.local.processes import Child
from tests.harness.process import ANSWER_WITHIN, eventually

_TEMPLATES = b"/usr/share/prometheus/alertmanager"


@dataclass(frozen=True)
class MonitoringPrograms:
    """Paths of the programs; `root` is the folder in which Alertmanager is to be started."""

    prometheus: Path
    promtool: Path
    alertmanager: Path
    amtool: Path
    root: Path = Path("/")

    def promtool_says(self, *args: str | Path, told: str | None = None) -> "subprocess.CompletedProcess[str]":
        """What `promtool ARGS` answers, with all that it prints in `stdout`; told: its standard input."""
        return _asked(self.promtool, args, told)

    def amtool_says(self, *args: str | Path) -> "subprocess.CompletedProcess[str]":
        return _asked(self.amtool, args, None)


def find_monitoring() -> MonitoringPrograms:
    return _installed() or _in_bundle(unpacked(_BUNDLE))


class _Server(ABC):
    """One of the two, in a folder of its own; `start` returns when it answers."""

    def __init__(self, name: str, folder: Path, port: int | None):
        self.folder, self.port = folder, port or free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self._name = name
        self._child: Child | None = None

    @abstractmethod
    def _argv(self) -> list[str]:
        """The command that starts it."""

    def start(self) -> None:
        # A Go program of two threads does with the two cores that the test run has.
        self._child = Child(self._name, self._argv(), {"GOMAXPROCS": "2"}, self.folder / f"{self._name}.log")
        self._child.start()
        eventually(self._is_ready, f"{self._name} to be ready", lambda: self._child.log_tail() if self._child else "")

    def stop(self) -> None:
        if self._child:
            self._child.stop()

    def get(self, path: str, **params: str) -> Any:
        """The JSON of an answer."""
        answer = requests.get(f"{self.url}{path}", params=params, timeout=ANSWER_WITHIN)
        answer.raise_for_status()
        return answer.json()

    def _is_ready(self) -> bool:
        if self._child and not self._child.is_alive:
            raise AssertionError(f"{self._name} ended with {self._child.exit_code}: {self._child.log_tail()}")
        try:
            return requests.get(f"{self.url}/-/ready", timeout=ANSWER_WITHIN).ok
        except requests.RequestException:
            return False


class Prometheus(_Server):
    """With the configuration file `config`, whose relative paths count from its own folder."""

    def __init__(self, programs: MonitoringPrograms, folder: Path, config: Path, port: int | None = None):
        super().__init__("prometheus", folder, port)
        self._program, self._config = programs.prometheus, config

    def _argv(self) -> list[str]:
        return [
            str(self._program),
            f"--config.file={self._config}",
            f"--storage.tsdb.path={self.folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--web.enable-lifecycle",
            # An alert that fires before Alertmanager is discovered (5 s) would else come a minute later.
            "--rules.alert.resend-delay=1s",
            "--log.level=warn",
        ]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The vector of an expression now: `metric` with its labels, `value` with time and figure."""
        found: list[dict[str, Any]] = self.get("/api/v1/query", query=expression)["data"]["result"]
        return found

    def value(self, expression: str) -> float | None:
        """The figure of an expression that has one series, or None where it has none."""
        found = self.query(expression)
        assert len(found) < 2, f"{expression}: {len(found)} series"
        return float(found[0]["value"][1]) if found else None

    def alerts(self) -> list[dict[str, Any]]:
        """All that are pending or firing: `labels`, `annotations`, `state`."""
        found: list[dict[str, Any]] = self.get("/api/v1/alerts")["data"]["alerts"]
        return found

    def targets(self) -> dict[str, str]:
        """The health of each scraped address: up, down, unknown."""
        return {t["scrapeUrl"]: t["health"] for t in self.get("/api/v1/targets")["data"]["activeTargets"]}

    def reload(self) -> None:
        requests.post(f"{self.url}/-/reload", timeout=ANSWER_WITHIN).raise_for_status()


class Alertmanager(_Server):
    """Alone, without a cluster; its receivers are those of `config`."""

    def __init__(self, programs: MonitoringPrograms, folder: Path, config: Path, port: int | None = None):
        super().__init__("alertmanager", folder, port)
        self._programs, self._config = programs, config

    def _argv(self) -> list[str]:
        return [
            *("/usr/bin/env", "-C", str(self._programs.root)),
            str(self._programs.alertmanager),
            f"--config.file={self._config}",
            f"--storage.path={self.folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
            "--log.level=warn",
        ]

    def alerts(self) -> list[dict[str, Any]]:
        """What it holds now, inhibited ones too: `labels`, `status`, `receivers`."""
        found: list[dict[str, Any]] = self.get("/api/v2/alerts")
        return found


def _asked(program: Path, args: tuple[str | Path, ...], told: str | None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [program, *args],
        input=told,
        text=True,
        check=False,
        timeout=240,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def _installed() -> MonitoringPrograms | None:
    """All four, or none: a tool is only as good as the server that it speaks for. Debian calls one of them longer."""
    debians = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    found = [shutil.which("prometheus"), shutil.which("promtool"), debians, shutil.which("amtool")]
    prometheus, promtool, alertmanager, amtool = (Path(path) if path else None for path in found)
    if prometheus and promtool and alertmanager and amtool:
        return MonitoringPrograms(prometheus, promtool, alertmanager, amtool)
    return None


def _in_bundle(root: Path) -> MonitoringPrograms:
    programs = root / "usr/bin"
    return MonitoringPrograms(
        programs / "prometheus",
        programs / "promtool",
        programs / "prometheus-alertmanager",
        programs / "amtool",
        root,
    )


def _look_for_templates_here(root: Path) -> None:
    """Debian's Alertmanager reads its own templates from /usr/share: the same path, without its first slash.

    Its length must stay, so the slash goes to the end; the path then counts from the folder that it is started in.
    """
    program = root / "usr/bin/prometheus-alertmanager"
    program.write_bytes(program.read_bytes().replace(_TEMPLATES, _TEMPLATES[1:] + b"/"))


_BUNDLE = Bundle(
    name="monitoring",
    suite="bookworm",
    packages=("prometheus", "prometheus-alertmanager"),
    title="Prometheus and Alertmanager (Debian 12 packages, 30 MB)",
    advice="install prometheus and prometheus-alertmanager (apt-get install prometheus prometheus-alertmanager)",
    prepare=_look_for_templates_here,
)


def rabbitmq_metrics(broker: PrivateBroker) -> int:
    """The port of the plugin rabbitmq_prometheus on a broker that runs; until that broker ends, not after.

    The file of plugins is as it was afterwards: at its next start the plugin would take the port of the machine's own.
    """
    if running := re.search(
        r"{port,\s*(\d+)}", broker.evaluate("application:get_env(rabbitmq_prometheus, tcp_config)")
    ):
        return int(running[1])
    port, plugins = free_ports(1)[0], broker.data_dir / "enabled_plugins"
    before = plugins.read_text()
    listener = f'[{{port, {port}}}, {{ip, "127.0.0.1"}}]'
    try:
        plugins.write_text("[rabbitmq_management, rabbitmq_prometheus].\n")
        broker.evaluate(f"application:set_env(rabbitmq_prometheus, tcp_config, {listener}, [{{persistent, true}}])")
        broker.evaluate(f'rabbit_plugins:ensure("{plugins}")')
    finally:
        plugins.write_text(before)
    return port
