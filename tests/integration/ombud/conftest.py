"""The console script as a user calls it, in a folder of its own and without the caller's settings."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ombud.layout import taken_ports
from ombud.local.ports import claim, is_port_free
from tests.harness.process import PROJECT

Result = subprocess.CompletedProcess[str]


@pytest.fixture
def environment() -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("OMBUD_")}
    return plain | {"PYTHONPATH": str(PROJECT)}


@pytest.fixture
def ombud(tmp_path: Path, environment: dict[str, str]) -> Callable[..., Result]:
    """Runs `ombud ARGS` to its end, at most `patience` seconds; `feed` goes to its standard input."""

    def call(*args: str, feed: str = "", patience: float = 180, **settings: str) -> Result:
        command = [sys.executable, "-m", "ombud", *args]
        env = environment | settings
        return subprocess.run(
            command, input=feed, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=patience, check=False
        )

    return call


def free_offset(replicas: int = 1) -> int:
    """A port offset with which everything that `ombud run` starts here finds its port free; each is given out once.

    They keep a run below the ports of the other tests. At this distance no two runs have a port in common, also not
    the health ports of one and the HTTP ports of another; no other test run of the machine takes one that is claimed.
    """
    offsets = list(range(1000, 10_950, 30))
    random.shuffle(offsets)
    for offset in offsets:
        ports = (port for port, _ in taken_ports(offset, replicas, own_broker=True, own_mailbox=True))
        if claim(f"offset-{offset}") and all(is_port_free(port) for port in ports):
            return offset
    raise AssertionError("no free offset")
