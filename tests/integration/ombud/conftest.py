"""The console script as a user calls it, in a folder of its own and without the caller's settings."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

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
