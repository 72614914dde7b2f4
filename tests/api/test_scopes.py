"""Who may do what at the running services, door by door as service.py has them; dead letters are for operators."""

from collections.abc import Iterator

import pytest
import requests

from apidocs.doors import Door, doors_of
from ombud.local.broker import PrivateBroker
from shared.contracts.topology import SERVICES
from shared.quarantine.api import OPERATIONS
from shared.tokens import SCOPES, digest
from tests.harness.process import ANSWER_WITHIN, eventually
from tests.harness.system import System

LETTERS = "/v1/dead-letters"
LETTER_DOORS = [
    (service, door)
    for service in SERVICES
    for door in doors_of(service)
    if door.path.startswith(LETTERS) or door.name in OPERATIONS
]
DOORS = [(service, door) for service in SERVICES for door in doors_of(service) if door.scopes is not None]
# Each token is named for its scopes: so for each door there is one that has all but what the door asks for.
HOLDERS = {
    "+".join(scopes): scopes for scopes in (("person", "source"), ("operator", "source"), ("operator", "person"))
}
BODIES = {"replay_dead_letter": {}, "discard_dead_letter": {"why": "who knows"}}


def named(value: object) -> str:
    return f"{value.method} {value.path}" if isinstance(value, Door) else str(value)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker) -> Iterator[System]:
    """All four services, each with a dead letter."""
    folder = tmp_path_factory.mktemp("scopes")
    tokens = ",".join(f"{name}:{name}:{digest(name)}" for name in HOLDERS)
    url = f"sqlite:///{folder}/{{service}}.sqlite"
    made = System(folder, url, broker.add_vhost("scopes"), broker, OMBUD_API_TOKENS=tokens)
    try:
        made.start()
        for exchange in ("complaints", "intake.events"):
            made.bus.raw(exchange, "complaint.merged", b"no JSON", {"ce-id": "1", "ce-source": "/ombud/intake"})
        for service in SERVICES:
            eventually(lambda s=service: len(letters(made, s)) == 1, "a dead letter", made.logs)  # type: ignore[misc]
        yield made
    finally:
        made.stop()


def letters(system: System, service: str) -> list[str]:
    return [letter["id"] for letter in system.call(service, "GET", LETTERS).json()["dead_letters"]]


def knock(system: System, service: str, door: Door, token: str | None, id_: str = "nobody-s") -> requests.Response:
    address = system.services[service].url + door.path.format(**dict.fromkeys(door.parameters, id_))
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return requests.request(door.method, address, json=BODIES.get(door.name), headers=headers, timeout=ANSWER_WITHIN)


@pytest.mark.parametrize(("service", "door"), LETTER_DOORS, ids=named)
def test_dead_letters_are_for_operators_alone(system: System, service: str, door: Door) -> None:
    (id_,) = letters(system, service)
    for token, status in ((None, 401), ("", 401), ("nobody", 401), ("person+source", 403)):
        answer = knock(system, service, door, token, id_)
        assert answer.status_code == status, f"{token}: {answer.text}"
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert id_ not in answer.text
    assert letters(system, service) == [id_]


@pytest.mark.parametrize(("service", "door"), LETTER_DOORS, ids=named)
def test_operators_come_in_though_they_are_nothing_else(system: System, service: str, door: Door) -> None:
    answer = knock(system, service, door, "operator+source")
    assert answer.status_code == (404 if door.parameters else 200), answer.text


def test_every_service_has_the_doors_of_dead_letters() -> None:
    for service in SERVICES:
        assert {door.name for s, door in LETTER_DOORS if s == service} >= OPERATIONS.keys()


@pytest.mark.parametrize(("service", "door"), DOORS, ids=named)
def test_who_has_every_other_scope_is_refused(system: System, service: str, door: Door) -> None:
    assert door.scopes and set(door.scopes) <= set(SCOPES)
    for token, scopes in HOLDERS.items():
        status = knock(system, service, door, token).status_code
        assert (status == 403) is not bool(set(scopes) & set(door.scopes)), f"{token}: {status}"
