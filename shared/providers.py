"""nameko dependencies that every service.py names: its database, with the relay behind it, and its settings."""

from typing import Any

from nameko.extensions import DependencyProvider

from shared.database import Database
from shared.outbox import Relay


class DatabaseProvider(DependencyProvider):  # type: ignore[misc]
    """Gives the service its Database, and runs the relay of its outbox as long as the service lives."""

    def setup(self) -> None:
        self.db: Database = self.container.config["database"]
        self.relay: Relay = self.container.config["relay"]

    def start(self) -> None:
        self._loop = self.container.spawn_managed_thread(self.relay.run)

    def stop(self) -> None:
        self.relay.stop()
        self._loop.wait()

    def kill(self) -> None:
        self._loop.kill()

    def get_dependency(self, _worker: Any) -> Database:
        return self.db


class Configured(DependencyProvider):  # type: ignore[misc]
    """Gives the service one thing that was made at start: `policy = Configured("policy")`."""

    def __init__(self, key: str):
        self.key = key

    def get_dependency(self, _worker: Any) -> Any:
        return self.container.config[self.key]
