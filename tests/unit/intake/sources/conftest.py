"""The accounts of tests/data/webhooks/sources.yml, with a server that holds what their webhooks name."""

from collections.abc import Iterator

import pytest

from services.intake.sources import accountfile
from services.intake.sources.accountfile import Sources
from tests.unit.intake.sources.payloads import SECRETS, Shelf, shelf, sources_yaml


@pytest.fixture(scope="session")
def api() -> Iterator[Shelf]:
    with shelf() as kept:
        yield kept


@pytest.fixture(scope="session")
def sources(api: Shelf) -> Sources:
    return accountfile.parse(sources_yaml(api.url), "sources.yml", SECRETS.get)
