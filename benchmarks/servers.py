"""The private broker, database and mail sink of a benchmark run, and a room of its own in them for each chain."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from ombud.local.broker import PrivateBroker
from ombud.local.ports import free_ports, is_port_open
from ombud.local.postgres import PrivatePostgres
from ombud.local.processes import Child
from ombud.run.stack import wait_for
from ombud.trouble import Trouble

PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Room:
    """Where one chain lives: a virtual host, a folder, and a database for each name that is asked for."""

    amqp_uri: str
    folder: Path
    postgres: PrivatePostgres | None

    def database(self, name: str) -> str:
        if self.postgres is None:
            return f"sqlite:///{self.folder}/{name}.sqlite"
        return self.postgres.url(f"{self.folder.name}_{name}")

    def make_database(self, name: str) -> str:
        if self.postgres is not None:
            self.postgres.create_database(f"{self.folder.name}_{name}")
        return self.database(name)


class Sink:
    """The mail catcher, counting only: of the real one, without its disk."""

    def __init__(self, folder: Path):
        self._smtp_port, self._http_port = free_ports(2)
        argv = [
            sys.executable,
            "-m",
            "ombud.local.mailbox",
            "--no-store",
            "--smtp-port",
            str(self._smtp_port),
            "--http-port",
            str(self._http_port),
            "--data-dir",
            str(folder / "mail"),
        ]
        self.child = Child("mail sink", argv, {"PYTHONPATH": str(PROJECT)}, folder / "sink.log")
        self._session = requests.Session()
        self._session.trust_env = False

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._smtp_port}"

    def start(self) -> None:
        self.child.start()
        if not wait_for(lambda: is_port_open(self._smtp_port) and is_port_open(self._http_port), 30):
            raise Trouble(f"the mail sink did not start: {self.child.log_tail()}")

    def count(self) -> int:
        answer = self._session.get(f"http://127.0.0.1:{self._http_port}/api/count", timeout=10)
        return int(answer.json()["count"])


@dataclass(frozen=True)
class Servers:
    """Everything that is shared by the chains of one run."""

    folder: Path
    broker: PrivateBroker
    postgres: PrivatePostgres | None
    sink: Sink

    @property
    def roots(self) -> dict[str, int]:
        """By name, the process at the top, for the meter."""
        database = {"database": self.postgres.pid or 0} if self.postgres else {}
        return {"broker": self.broker.pid or 0, **database, "mail sink": self.sink.child.pid or 0}

    def room(self, name: str) -> Room:
        folder = self.folder / name
        folder.mkdir()
        return Room(self.broker.add_vhost(name), folder, self.postgres)


@contextmanager
def started(database: str) -> Iterator[Servers]:
    """database: postgresql (durable, as in production) or sqlite."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ombud-bench-")))
        os.chmod(folder, 0o755)  # as root, PostgreSQL runs as another user
        broker = PrivateBroker(folder / "broker", free_ports(4)[0])
        broker.start()
        stack.callback(broker.stop)
        postgres = PrivatePostgres(folder / "postgres", free_ports(1)[0]) if database == "postgresql" else None
        if postgres:
            postgres.start()
            stack.callback(postgres.stop)
        sink = Sink(folder)
        sink.start()
        stack.callback(sink.child.stop)
        yield Servers(folder, broker, postgres, sink)
