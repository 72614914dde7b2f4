"""The mail catcher of a system under test: everybody's mailbox. Used by system.py."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from ombud.local.ports import free_ports, is_port_open
from ombud.local.processes import Child
from tests.harness.process import ANSWER_WITHIN, PROJECT, eventually, frozen


class Catcher:
    """The local mail catcher as its own process, and what it caught."""

    def __init__(self, folder: Path):
        self.smtp_port, self.http_port = free_ports(2)
        argv = [
            sys.executable,
            "-m",
            "ombud.local.mailbox",
            "--smtp-port",
            str(self.smtp_port),
            "--http-port",
            str(self.http_port),
            "--data-dir",
            str(folder / "mail"),
        ]
        self._child = Child(
            "mailbox", argv, {"PYTHONPATH": str(PROJECT), "PATH": "/usr/bin:/bin"}, folder / "mailbox.log"
        )

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.smtp_port}"

    def start(self) -> None:
        self._child.start()
        eventually(
            lambda: is_port_open(self.smtp_port) and is_port_open(self.http_port),
            "the mail catcher",
            self._child.log_tail,
        )

    def stop(self) -> None:
        self._child.stop()

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Meanwhile it takes connections and says nothing; nobody can look into it either."""
        assert self._child.pid
        with frozen(self._child.pid):
            yield

    def messages(self, to: str = "") -> list[dict[str, Any]]:
        """Oldest first."""
        url = f"http://127.0.0.1:{self.http_port}/api/messages"
        found: list[dict[str, Any]] = requests.get(url, params={"limit": 100_000}, timeout=ANSWER_WITHIN).json()
        return sorted((m for m in found if any(r.startswith(to) for r in m["to"])), key=lambda m: m["received_at"])
