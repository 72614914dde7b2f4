"""Where everything of a local run is: ports, folders, process names; pure. Read by run/ and runfile.py."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shared.contracts.topology import SERVICES
from shared.settings import PORTS

SMTP_PORT, MAILBOX_PORT = 8025, 8026
BROKER_PORT = 5680  # and the three after it; 5672 is the machine's own
REPLICA_STEP = 100


@dataclass(frozen=True)
class Place:
    """One process of a service: `name` is that of its log, `replica` counts from 1."""

    service: str
    replica: int
    port: int
    ops_port: int

    @property
    def name(self) -> str:
        return self.service if self.replica == 1 else f"{self.service}-{self.replica}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ops_url(self) -> str:
        return f"http://127.0.0.1:{self.ops_port}"


def places(offset: int, replicas: int = 1) -> list[Place]:
    """All processes, replica by replica; replica k takes the ports of the first one plus 100·(k-1)."""
    return [
        Place(service, k + 1, *(port + offset + REPLICA_STEP * k for port in PORTS[service]))
        for k in range(replicas)
        for service in SERVICES
    ]


def taken_ports(offset: int, replicas: int, own_broker: bool, own_mailbox: bool) -> Iterator[tuple[int, str]]:
    """Every port that a run will listen on, and for what."""
    for place in places(offset, replicas):
        yield place.port, place.name
        yield place.ops_port, f"{place.name} (health and metrics)"
    if own_mailbox:
        yield SMTP_PORT + offset, "the mail catcher"
        yield MAILBOX_PORT + offset, "the mailbox page"
    if own_broker:
        for port in range(BROKER_PORT + offset, BROKER_PORT + offset + 4):
            yield port, "the private RabbitMQ"


@dataclass(frozen=True)
class Folder:
    """The data folder, absolute: the children run elsewhere."""

    root: Path

    @property
    def lock(self) -> Path:
        return self.root / "run.lock"

    @property
    def broker(self) -> Path:
        return self.root / "broker"

    @property
    def mailbox(self) -> Path:
        return self.root / "mailbox"

    @property
    def token(self) -> Path:
        return self.root / "token"

    @property
    def link_keys(self) -> Path:
        return self.root / "link-keys"

    def log(self, name: str) -> Path:
        return self.root / "logs" / f"{name}.log"
