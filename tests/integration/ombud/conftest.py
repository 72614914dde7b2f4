"""The console script as a user calls it, in a folder of its own and without the caller's settings."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ombud.layout import places
from ombud.local.ports import is_port_free

Result = subprocess.CompletedProcess[str]


@pytest.fixture
def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("OMBUD_")}


@pytest.fixture
def ombud(tmp_path: Path, environment: dict[str, str]) -> Callable[..., Result]:
    """Runs `ombud ARGS` to its end; `feed` goes to its standard input."""

    def call(*args: str, feed: str = "", **settings: str) -> Result:
        command = [sys.executable, "-m", "ombud", *args]
        env = environment | settings
        return subprocess.run(
            command, input=feed, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )

    return call


def free_offset() -> int:
    """A port offset with which everything that `ombud run` starts here finds its port free.

    It keeps below the ports that other tests use, and each test worker to a part of its own: health is 1000 above HTTP.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for _ in range(100):
        offset = 2000 * (worker + 1) + random.randrange(0, 900)
        mail = [8025 + offset, 8026 + offset]
        if all(map(is_port_free, [*mail, *(n for p in places(offset) for n in (p.port, p.ops_port))])):
            return offset
    raise AssertionError("no free offset")
