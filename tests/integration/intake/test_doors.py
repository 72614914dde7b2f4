"""Intake's doors, HTTP and AMQP, as a process of its own against a real broker."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import requests

from ombud.local.broker import PrivateBroker
from shared.contracts.intake import complaint_id
from tests.harness.process import ANSWER_WITHIN, TOKEN, eventually
from tests.harness.system import System

AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker) -> Iterator[System]:
    folder: Path = tmp_path_factory.mktemp("intake")
    made = System(folder, f"sqlite:///{folder}/{{service}}.sqlite", broker.add_vhost("intake-doors"), broker)
    made.start("intake")
    yield made
    made.stop()


def post(system: System, path: str, body: object, **headers: str) -> requests.Response:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return requests.post(
        system.services["intake"].url + path, data=data, headers=AUTHORIZED | headers, timeout=ANSWER_WITHIN
    )


def dead_letters(system: System) -> int:
    return int(system.summary("intake")["plumbing"]["dead_letters"])


def test_every_fault_of_a_body_is_named_by_its_path(system: System) -> None:
    body = {"source": "web", "text": 7, "customer": {"email": ["x"]}, "received_at": "yesterday", "tags": [1]}
    answer = post(system, "/v1/complaints", body)
    assert answer.status_code == 422
    pointers = {e["pointer"] for e in answer.json()["errors"]}
    assert pointers == {"/external_id", "/text", "/customer/email", "/received_at", "/tags/0"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'"text"', b"\xff\xfe", b"null"])
def test_what_is_no_complaint_is_refused_with_a_problem_body(system: System, body: bytes) -> None:
    answer = post(system, "/v1/complaints", body)
    assert answer.status_code in (400, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_answer_names_the_complaint_and_where_it_is(system: System) -> None:
    answer = post(system, "/v1/complaints", {"source": "web", "external_id": "1", "text": "It leaks \0 badly."})
    assert answer.status_code == 202
    document = system.call("intake", "GET", answer.headers["Location"]).json()
    assert document["id"] == answer.json()["complaint_id"]
    assert document["verdict"]["category"] == "defect"
    assert "en.category.defect.leaks" in document["verdict"]["rules"]
    assert document["contacts"][0]["text"] == "It leaks \N{REPLACEMENT CHARACTER} badly."


def test_an_idempotency_key_gives_the_same_answer_and_refuses_another_body(system: System) -> None:
    body = {"source": "web", "external_id": "2", "text": "Where is it?"}
    first = post(system, "/v1/complaints", body, **{"Idempotency-Key": "k"})
    again = post(system, "/v1/complaints", body, **{"Idempotency-Key": "k"})
    other = post(system, "/v1/complaints", body | {"text": "else"}, **{"Idempotency-Key": "k"})
    assert first.json() == again.json() and other.status_code == 422


def test_an_idempotency_key_that_is_too_long_is_refused_by_its_name(system: System) -> None:
    body = {"source": "web", "external_id": "long", "text": "Where is it?"}
    answer = post(system, "/v1/complaints", body, **{"Idempotency-Key": "k" * 201})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "the Idempotency-Key may have 200 characters"
    assert post(system, "/v1/complaints", body, **{"Idempotency-Key": "k" * 200}).status_code == 202


def test_a_contact_of_an_unknown_complaint_is_not_found(system: System) -> None:
    assert post(system, "/v1/complaints/nothing/contacts", {"text": "x"}).status_code == 404


def test_classify_shows_the_reading_with_its_evidence_and_stores_nothing(system: System) -> None:
    before = system.summary("intake")["contacts"]
    text = "Chci mluvit s vedoucím, konvice popálila moji dceru!"
    found = post(system, "/v1/classify", {"text": text}).json()
    assert (found["language"], found["severity"], found["asks_kind"]) == ("cs", "critical", "supervisor")
    in_the_text = [e for e in found["evidence"] if e["start"] >= 0]
    assert [text[e["start"] : e["end"]] for e in in_the_text] == [e["matched"] for e in in_the_text] != []
    assert system.summary("intake")["contacts"] == before


CLOUD_EVENT = {
    "specversion": "1.0", "id": "e-1", "source": "/crm/acme", "type": "complaint.submitted", "subject": "CE-1",
               "data": {"text": "My order is late."}}  # fmt: skip


def test_cloudevents_come_structured_binary_and_in_batches_and_copies_count_once(system: System) -> None:
    before = system.summary("intake")["complaints"]
    structured = post(system, "/v1/events", CLOUD_EVENT, **{"Content-Type": "application/cloudevents+json"})
    attributes = {f"ce-{name}": str(CLOUD_EVENT[name]) for name in ("source", "type")}
    binary, nameless, another = (
        post(system, "/v1/events", CLOUD_EVENT["data"], **{"Content-Type": "application/json", **attributes, **more})
        for more in ({"ce-id": "e-b", "ce-subject": "CE-B"}, {"ce-subject": "CE-N"}, {"ce-subject": "CE%20%C5%99"})
    )
    events = [CLOUD_EVENT, CLOUD_EVENT | {"id": "e-2", "subject": "CE-2"}]
    batch = post(system, "/v1/events", events, **{"Content-Type": "application/CloudEvents-batch+JSON"})
    assert [a.status_code for a in (structured, binary, nameless, another, batch)] == [202] * 5
    assert another.json()["complaint_ids"] == [complaint_id("/crm/acme", "CE ř")]
    assert batch.json()["complaint_ids"][0] == structured.json()["complaint_ids"][0]
    assert system.summary("intake")["complaints"] == before + 5


def test_a_fault_in_a_batch_refuses_all_and_says_where(system: System) -> None:
    before = system.summary("intake")["complaints"]
    batch = [CLOUD_EVENT | {"id": "e-3", "subject": "CE-3"}, CLOUD_EVENT | {"id": "e-4", "data": {"text": ""}}]
    answer = post(system, "/v1/events", batch, **{"Content-Type": "application/cloudevents-batch+json"})
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/1/data/text"]
    assert system.summary("intake")["complaints"] == before


@pytest.mark.parametrize(("headers", "content_type", "body", "key"), [
    ({}, "application/json", {"source": "q", "external_id": "bare", "text": "late"}, "complaint.submitted"),
    ({"ce-id": "1", "ce-source": "q", "ce-type": "complaint.submitted"}, "application/json",
     {"external_id": "ce-", "text": "late"}, "x"),
    ({"cloudEvents:id": "2", "cloudEvents:source": "q", "cloudEvents:type": "complaint.submitted"}, "application/json",
     {"external_id": "colon", "text": "late"}, "x"),
    ({"cloudEvents_id": "3", "cloudEvents_source": "q", "cloudEvents_type": "complaint.submitted"}, "application/json",
     {"external_id": "underscore", "text": "late"}, "x"),
    ({}, "application/cloudevents+json", CLOUD_EVENT | {"id": "e-9", "subject": "structured"}, "x"),
    ({}, "Application/CloudEvents+JSON; charset=utf-8", CLOUD_EVENT | {"id": "e-10", "subject": "capitals"}, "x"),
])  # fmt: skip
def test_upstream_messages_come_in_every_form(system: System, headers: dict[str, str], content_type: str, body: object,
                                              key: str) -> None:  # fmt: skip
    before = system.summary("intake")["complaints"]
    system.bus.raw("complaints", key, orjson.dumps(body), headers, content_type)
    eventually(lambda: system.summary("intake")["complaints"] == before + 1, "the complaint", system.logs)


@pytest.mark.parametrize(("key", "body"), [
    ("complaint.submitted", b"{"),
    ("complaint.exploded", b'{"source": "q", "external_id": "1"}'),
    ("complaint.rated", b'{"source": "q", "external_id": "1", "score": 7}'),
    ("complaint.submitted", b'{"source": "q", "external_id": "1", "text": ""}'),
    ("complaint.submitted", b"\x80\x04K\x07."),
])  # fmt: skip
def test_a_message_that_is_none_is_kept_as_a_dead_letter(system: System, key: str, body: bytes) -> None:
    before = dead_letters(system)
    system.bus.raw("complaints", key, body)
    eventually(lambda: dead_letters(system) == before + 1, "the dead letter", system.logs)
    assert system.services["intake"].is_alive


def test_emoji_by_the_megabyte_are_refused_and_a_lot_of_them_is_taken(system: System) -> None:
    body = {"source": "w", "external_id": "e1"}
    assert post(system, "/v1/complaints", body | {"text": "😡" * 260_000}).status_code == 413
    assert post(system, "/v1/complaints", body | {"text": "😡" * 50_000}).status_code == 202
