"""The console script as a user calls it, in a folder of its own and without the caller's settings."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ombud.layout import taken_ports
from ombud.local.ports import is_port_free
from tests.harness.process import PROJECT

Result = subprocess.CompletedProcess[str]


@pytest.fixture
def environment() -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("OMBUD_")}
    return plain | {"PYTHONPATH": str(PROJECT)}


@pytest.fixture
def ombud(tmp_path: Path, environment: dict[str, str]) -> Callable[..., Result]:
    """Runs `ombud ARGS` to its end, at most `patience` seconds; `feed` goes to its standard input."""

    def call(*args: str, feed: str = "", patience: float = 60, **settings: str) -> Result:
        command = [sys.executable, "-m", "ombud", *args]
        env = environment | settings
        return subprocess.run(
            command, input=feed, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=patience, check=False
        )

    return call


def free_offset(replicas: int = 1) -> int:
    """A port offset with which everything that `ombud run` starts here finds its port free.

    It keeps below the ports that other tests use, and each test worker to a part of its own: health is 1000 above HTTP,
    the broker some 2300 below it.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for _ in range(100):
        offset = 2000 * (worker // 2 + 1) + 500 * (worker % 2) + random.randrange(0, 300)
        if all(is_port_free(port) for port, _ in taken_ports(offset, replicas, own_broker=True, own_mailbox=True)):
            return offset
    raise AssertionError("no free offset")
