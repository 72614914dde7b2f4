"""The console script as a user calls it, in a folder of its own and without the caller's settings."""

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
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

    def call(*args: str, feed: str = "", patience: float = 180, **settings: str) -> Result:
        command = [sys.executable, "-m", "ombud", *args]
        env = environment | settings
        return subprocess.run(
            command, input=feed, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=patience, check=False
        )

    return call


def free_offset(replicas: int = 1) -> int:
    """A port offset with which everything that `ombud run` starts here finds its port free; each is given out once."""
    for offset in _offsets:
        if all(is_port_free(port) for port, _ in taken_ports(offset, replicas, own_broker=True, own_mailbox=True)):
            return offset
    raise AssertionError("no free offset")


def _offsets_of_this_worker() -> Iterator[int]:
    """Its share of those that keep a run below the ports of the other tests, from a random place on.

    At this distance no two runs have a port in common, also not the health ports of one and the HTTP ports of another.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = list(range(1000, 10_950, 30))[worker :: int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))]
    first = random.randrange(len(own))
    yield from own[first:] + own[:first]


_offsets = _offsets_of_this_worker()
