"""Who may do what at the running services, door by door as service.py has them; dead letters are for operators."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import pytest
import requests

from apidocs.doors import entrypoints_of
from ombud.local.broker import PrivateBroker
from shared.contracts.topology import SERVICES
from shared.quarantine.api import OPERATIONS
from shared.tokens import SCOPES, digest
from tests.harness.process import ANSWER_WITHIN, eventually
from tests.harness.system import System

LETTERS = "/v1/dead-letters"


@dataclass(frozen=True)
class Knock:
    """A door, described or not, and how to knock at it."""

    service: str
    name: str
    method: str
    url: str
    scopes: tuple[str, ...] | None

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.url}"

    @property
    def is_of_letters(self) -> bool:
        return self.url.startswith(LETTERS) or self.name in OPERATIONS

    def path(self, id_: str) -> str:
        return re.sub("<[^>]+>", id_, self.url)


DOORS = [
    Knock(service, name, door.method, door.url, door.scopes)
    for service in SERVICES
    for name, door in entrypoints_of(service).items()
]
LETTER_DOORS = [door for door in DOORS if door.is_of_letters]
GUARDED = [door for door in DOORS if door.scopes is not None]
# Whoever opens one more door to all, or to others than operators, says so here.
OPEN = {
    "intake POST /v1/webhooks/<source>",
    "intake GET /v1/webhooks/<source>",
    "escalation GET /a/<token>",
    "escalation POST /a/<token>",
    "notify POST /v1/slack/actions",
    "notify POST /v1/twilio/status",
    "notify POST /v1/twilio/messages",
    *(f"{service} GET /v1/openapi.json" for service in SERVICES),
}
NOT_FOR_OPERATORS_ALONE = {
    "intake POST /v1/complaints": {"source"},
    "intake GET /v1/complaints/<id_>": {"operator", "text"},
    "intake POST /v1/complaints/<id_>/contacts": {"source"},
    "intake POST /v1/events": {"source"},
    "intake POST /v1/classify": {"source"},
    **{
        f"escalation POST /v1/cases/<case_id>/{answer}": {"person"}
        for answer in (
            *("acknowledge", "take-over", "resolve", "hand-back", "snooze", "notes", "pause", "resume", "correct"),
            *("link", "unlink"),
        )
    },
    "escalation POST /v1/cases/<case_id>/escalate": {"person", "source"},
    "escalation GET /v1/cases/<case_id>": {"operator", "person"},
    "escalation GET /v1/cases/<case_id>/timeline": {"operator", "person"},
    "escalation GET /v1/cases": {"operator", "person"},
    "notify POST /v1/replies": {"provider", "operator"},
    "notify POST /v1/receipts": {"provider", "operator"},
    "notify POST /v1/bounces": {"provider", "operator"},
    "escalation GET /v1/duty": {"operator", "person"},
    "escalation GET /v1/rotas/<name>": {"operator", "person"},
    "escalation GET /v1/storms": {"operator", "person"},
    "routing POST /v1/agents/<id_>/presence": {"operator", "person"},
    "routing GET /v1/assignments/<complaint_id>": {"operator", "person"},
    "routing POST /v1/assignments/<complaint_id>/accept": {"operator", "person"},
    "routing POST /v1/assignments/<complaint_id>/decline": {"operator", "person"},
    "routing GET /v1/queue": {"operator", "person"},
}
# Each token is named for its scopes: so for each door there is one that has all but what the door asks for.
HOLDERS = {"+".join(scopes): scopes for scopes in combinations(sorted(set(SCOPES) - {"admin"}), 2)}
BODIES = {"replay_dead_letter": {}, "discard_dead_letter": {"why": "who knows"}}


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


def knock(system: System, door: Knock, token: str | None, id_: str = "nobody-s") -> requests.Response:
    address = system.services[door.service].url + door.path(id_)
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return requests.request(door.method, address, json=BODIES.get(door.name), headers=headers, timeout=ANSWER_WITHIN)


def test_every_service_has_the_doors_of_dead_letters() -> None:
    for service in SERVICES:
        assert {door.name for door in LETTER_DOORS if door.service == service} >= OPERATIONS.keys()


def test_no_door_is_open_but_those_that_must_be() -> None:
    assert {str(door) for door in DOORS if door.scopes is None} == OPEN


def test_whatever_is_not_said_to_be_for_others_is_for_operators() -> None:
    found = {str(door): set(door.scopes or ()) for door in GUARDED}
    assert {door: scopes for door, scopes in found.items() if scopes != {"operator"}} == NOT_FOR_OPERATORS_ALONE


@pytest.mark.parametrize("door", LETTER_DOORS, ids=str)
def test_dead_letters_are_for_operators_alone(system: System, door: Knock) -> None:
    (id_,) = letters(system, door.service)
    for token, status in ((None, 401), ("", 401), ("nobody", 401), ("person+provider", 403)):
        answer = knock(system, door, token, id_)
        assert answer.status_code == status, f"{token}: {answer.text}"
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert id_ not in answer.text
    assert letters(system, door.service) == [id_]


@pytest.mark.parametrize("door", LETTER_DOORS, ids=str)
def test_operators_come_in_though_they_are_nothing_else(system: System, door: Knock) -> None:
    """Asked for a letter that is not there, so that this changes nothing."""
    answer = knock(system, door, "operator+provider")
    assert answer.status_code == (404 if "<" in door.url else 200), answer.text


@pytest.mark.parametrize("door", GUARDED, ids=str)
def test_who_has_every_other_scope_is_refused(system: System, door: Knock) -> None:
    assert door.scopes and set(door.scopes) <= set(SCOPES)
    for token, scopes in HOLDERS.items():
        status = knock(system, door, token).status_code
        assert (status == 403) is not bool(set(scopes) & set(door.scopes)), f"{token}: {status}"


def test_what_a_customer_wrote_is_shown_to_who_may_read_it(system: System) -> None:
    complaint = {
        "source": "web",
        "external_id": "scopes",
        "channel": "email",
        # What is behind the excerpt, which is redacted and for operators, too.
        "text": f"I want to speak to your manager. {'The kettle burned my hand. ' * 6} It is the zebra-striped one.",
        "customer": {"ref": "ref-4711", "name": "Zoe Quill", "email": "zoe@quill.example", "region": "CZ"},
    }
    id_ = system.call("intake", "POST", "/v1/complaints", complaint).json()["complaint_id"]
    shown = {token: ask(system, id_, token).text for token in ("operator+provider", "person+text")}
    secrets = ("zebra", "ref-4711", "Quill", "quill.example")
    assert [word for word in secrets if word in shown["operator+provider"]] == []
    assert all(word in shown["person+text"] for word in secrets)
    assert all('"severity"' in text and '"CZ"' in text for text in shown.values())


def ask(system: System, id_: str, token: str) -> requests.Response:
    answer = requests.get(
        f"{system.services['intake'].url}/v1/complaints/{id_}",
        headers={"Authorization": f"Bearer {token}"},
        timeout=ANSWER_WITHIN,
    )
    assert answer.ok, answer.text
    return answer
