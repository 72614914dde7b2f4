"""The API documents are made from the code: complete, valid, and refused by the check when they are stale."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from marshmallow import Schema
from openapi_spec_validator import validate

from apidocs.__main__ import main
from apidocs.doors import Undescribed, described, doors_of
from services.intake import upstream
from services.intake.schemas import UPSTREAM
from services.routing.roster.agent_schemas import WORKFORCE
from services.routing.roster.decoding import decode as decode_workforce
from shared.api import A_COMPLAINT, ANOTHER_COMPLAINT, Operation
from shared.contracts.event import event_classes
from shared.contracts.intake import complaint_id
from shared.contracts.topology import EXCHANGES, QUEUES, SERVICES, UPSTREAM_EXCHANGE, WORKFORCE_EXCHANGE
from shared.messaging.envelope import Message
from shared.web import HttpDoor
from tests.api.documents import ASYNCAPI, PROJECT, operations, references, resolved, stored

OFFICIAL = json.loads(Path(__file__).with_name("asyncapi-3.0.0.schema.json").read_text())
MESSAGES = ASYNCAPI["components"]["messages"]


# -- made from the code -------------------------------------------------------------------------------------------


def test_stored_documents_are_current() -> None:
    assert main(["--check"]) == 0, "python -m apidocs"


def test_stale_or_missing_documents_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for service in SERVICES:
        (tmp_path / "services" / service).mkdir(parents=True)
    (tmp_path / "docs").mkdir()
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    (tmp_path / "docs" / "asyncapi.json").write_text("{}\n")
    (tmp_path / "services" / "notify" / "openapi.json").unlink()
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err.splitlines() == [
        "services/notify/openapi.json is stale: python -m apidocs",
        "docs/asyncapi.json is stale: python -m apidocs",
    ]
    assert not (tmp_path / "services" / "notify" / "openapi.json").exists(), "--check writes nothing"


def test_command_says_nothing_when_all_is_well() -> None:
    command = [sys.executable, "-m", "apidocs", "--check"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=180, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_door_without_a_description_is_refused_and_told_what_to_write() -> None:
    door = HttpDoor("GET", "/v1/moods/<id_>", scope="operator")
    with pytest.raises(Undescribed) as refused:
        described("intake", {"get_mood": door}, {})
    assert str(refused.value) == (
        "services/intake/service.py: get_mood (GET /v1/moods/<id_>) is not described: "
        'add OPERATIONS["get_mood"] = Operation("What it does", answer=…, example=…) to services/intake/api.py '
        "(shared/api.py says what an Operation holds), then: python -m apidocs"
    )


def test_description_without_a_door_is_refused() -> None:
    with pytest.raises(Undescribed, match=r'OPERATIONS\["get_mood"\] is no HTTP door of service.py'):
        described("intake", {}, {"get_mood": Operation("Show a mood", answer={})})


def test_undescribed_door_ends_the_command_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = importlib.import_module("services.routing.api").OPERATIONS
    monkeypatch.delitem(table, "get_queue")
    assert main(["--check"]) == 1
    assert capsys.readouterr().err.startswith("services/routing/service.py: get_queue (GET /v1/queue) is not described")


# -- OpenAPI ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", SERVICES)
def test_openapi_document_is_valid(service: str) -> None:
    validate(stored(service))


@pytest.mark.parametrize("service", SERVICES)
def test_every_door_is_there_with_its_scopes_and_parameters(service: str) -> None:
    for door in doors_of(service):
        found = stored(service)["paths"][door.path][door.method.lower()]
        assert found["summary"]
        assert [s for each in found["security"] for s in each["token"]] == list(door.scopes or ())
        in_path = [p["name"] for p in found.get("parameters", []) if p["in"] == "path"]
        assert in_path == door.parameters
        assert ("401" in found["responses"]) is (door.scopes is not None or 401 in door.operation.problems)
    assert len(doors_of(service)) == len(operations(service))


@pytest.mark.parametrize("service", SERVICES)
def test_every_field_of_a_body_is_described(service: str) -> None:
    """With its limits, and whether it must be there."""
    for door in doors_of(service):
        content = stored(service)["paths"][door.path][door.method.lower()].get("requestBody", {}).get("content", {})
        for media, shape in door.operation.bodies.items():
            if isinstance(shape, Schema):
                found = resolved(stored(service), content[media]["schema"]["$ref"])
                fields = {field.data_key or name: field for name, field in shape.fields.items()}
                assert found["properties"].keys() == fields.keys()
                assert set(found.get("required", ())) == {name for name, field in fields.items() if field.required}


def test_limits_and_patterns_are_those_of_the_schemas() -> None:
    agent = stored("routing")["components"]["schemas"]["AgentBody"]["properties"]
    assert agent["capacity"] == {"type": "integer", "minimum": 0, "maximum": 10000}
    with_levels, without = agent["skills"]["anyOf"]
    assert with_levels["additionalProperties"] == {"type": "integer", "minimum": 1, "maximum": 5}
    pattern = "^(?:[a-z0-9][a-z0-9_]{0,39})$"
    assert (with_levels["propertyNames"]["pattern"], without["items"]["pattern"]) == (pattern, pattern)
    submission = stored("intake")["components"]["schemas"]["SubmissionBody"]["properties"]
    assert submission["text"] == {"type": "string", "minLength": 1, "maxLength": 100_000}
    assert submission["received_at"] == {"type": ["string", "null"], "format": "date-time"}


def test_examples_tell_of_one_complaint_and_of_the_one_that_is_merged_with_it() -> None:
    assert complaint_id("webshop", "A-1") == A_COMPLAINT
    assert complaint_id("webshop", "A-2") == ANOTHER_COMPLAINT


@pytest.mark.parametrize("service", SERVICES)
def test_dead_letters_are_described_alike_everywhere(service: str) -> None:
    ours, intakes = stored(service), stored("intake")
    paths = [path for path in intakes["paths"] if path.startswith("/v1/dead-letters")]
    assert len(paths) == 4
    assert [ours["paths"][path] for path in paths] == [intakes["paths"][path] for path in paths]


# -- AsyncAPI -----------------------------------------------------------------------------------------------------


def test_asyncapi_document_is_valid() -> None:
    jsonschema.Draft7Validator(OFFICIAL).validate(ASYNCAPI)


@pytest.mark.parametrize("document", [ASYNCAPI, *map(stored, SERVICES)], ids=["asyncapi", *SERVICES])
def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document):
        assert resolved(document, reference) is not None


def test_every_event_and_every_type_from_upstream_is_a_message_on_its_exchange() -> None:
    types = {(exchange_of(c), c["address"]) for c in ASYNCAPI["channels"].values() if is_routing_key(c)}
    wanted = {(UPSTREAM_EXCHANGE, type_) for type_ in UPSTREAM}
    wanted |= {(WORKFORCE_EXCHANGE, type_) for type_ in WORKFORCE}
    for event in event_classes():
        publishers = SERVICES if event.publisher == "any" else (event.publisher,)
        wanted |= {(f"{service}.events", event.type) for service in publishers}
    assert types == wanted
    assert {exchange for exchange, _ in types} <= set(EXCHANGES)


def is_routing_key(channel: dict[str, Any]) -> bool:
    return bool(channel["bindings"]["amqp"]["is"] == "routingKey")


def exchange_of(channel: dict[str, Any]) -> str:
    return str(channel["bindings"]["amqp"]["exchange"]["name"])


@pytest.mark.parametrize("queue", QUEUES, ids=lambda q: q.name)
def test_every_queue_has_its_bindings_and_messages(queue: Any) -> None:
    channel = ASYNCAPI["channels"][queue.name]
    assert channel["x-bound-to"] == {"exchange": queue.exchange, "keys": list(queue.keys)}
    heard = {MESSAGES[name]["name"] for name in channel["messages"]}
    if queue.keys != ("#",):
        assert heard == set(queue.keys)
    assert heard


@pytest.mark.parametrize("name", [name for name in MESSAGES if name != "given-up"])
def test_examples_fit_their_message(name: str) -> None:
    message = MESSAGES[name]
    for part in ("headers", "payload"):
        schema = {**message[part], "components": ASYNCAPI["components"]}
        for example in message["examples"]:
            jsonschema.Draft202012Validator(schema).validate(example[part])


@pytest.mark.parametrize("name", [name for name in MESSAGES if name != "given-up"])
def test_every_field_of_an_example_is_described(name: str) -> None:
    schema = resolved(ASYNCAPI, MESSAGES[name]["payload"]["$ref"])
    for example in MESSAGES[name]["examples"]:
        assert example["payload"].keys() <= schema["properties"].keys()


@pytest.mark.parametrize("type_", UPSTREAM)
def test_example_from_upstream_is_accepted_as_it_stands(type_: str) -> None:
    example = MESSAGES[f"upstream.{type_}"]["examples"][0]
    body = json.dumps(example["payload"]).encode()
    received = upstream.decode(Message("", example["headers"], body))
    assert (received.type, received.subject) == (type_, A_COMPLAINT)


@pytest.mark.parametrize("type_", WORKFORCE)
def test_example_of_the_workforce_is_accepted_as_it_stands(type_: str) -> None:
    example = MESSAGES[f"workforce.{type_}"]["examples"][0]
    received = decode_workforce(Message("", example["headers"], json.dumps(example["payload"]).encode()))
    assert (received.type, received.subject) == (type_, "jana")
