"""One private broker for the tests of this folder, on free ports."""

import os
from collections.abc import Iterator

import pytest

from ombud.local.broker import PrivateBroker
from ombud.local.ports import free_ports


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBroker]:
    version = os.environ.get("OMBUD_TEST_BROKER", "3.10")
    broker = PrivateBroker(tmp_path_factory.mktemp("broker"), free_ports(4)[0], version)
    broker.start()
    yield broker
    broker.stop()
