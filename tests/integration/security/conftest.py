"""One virtual host with the users of the deployment for a file of tests, and a CA that signs for its servers."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ombud.local.broker import PrivateBroker
from tests.harness.secure import Authority, BrokerUsers


@pytest.fixture(scope="module")
def empty_host(broker: PrivateBroker) -> Iterator[Callable[[], BrokerUsers]]:
    """Makes virtual hosts in which nothing is yet; their users are not made either."""
    made: list[BrokerUsers] = []

    def empty_host() -> BrokerUsers:
        made.append(BrokerUsers(broker, f"secure-{uuid.uuid4().hex[:8]}"))
        broker.add_vhost(made[-1].vhost)
        return made[-1]

    yield empty_host
    for users in made:
        users.remove()
        broker.remove_vhost(users.vhost)


@pytest.fixture(scope="module")
def users(empty_host: Callable[[], BrokerUsers]) -> BrokerUsers:
    """Everything as the deployment has it: the users, and what one of them made."""
    made = empty_host()
    made.make()
    made.declare()
    return made


@pytest.fixture(scope="module")
def authority(server_dir: Path) -> Authority:
    folder = server_dir / f"ca-{uuid.uuid4().hex[:8]}"
    folder.mkdir(mode=0o755)
    return Authority(folder)
