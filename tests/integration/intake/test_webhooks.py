"""Webhooks of each kind at a running intake: in as the system sends them, out as complaints, each once."""

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from ombud.local.broker import PrivateBroker
from services.intake.sources.kinds import KINDS
from services.intake.webhooks import MAX_WEBHOOK_BYTES
from shared.contracts.intake import complaint_id
from tests.harness.process import ANSWER_WITHIN, eventually
from tests.harness.system import System
from tests.unit.intake.sources.payloads import SECRETS, Payload, Shelf, payload, payloads, shelf, sign, sources_yaml

FIRST = {p.kind: p for p in reversed(payloads()) if p.expect and p.expect[0]["type"] == "complaint.submitted"}


@pytest.fixture(scope="module")
def api() -> Iterator[Shelf]:
    with shelf() as kept:
        for each in payloads():
            kept.documents.update(each.fetched)
        yield kept


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker, api: Shelf) -> Iterator[System]:
    folder: Path = tmp_path_factory.mktemp("webhooks")
    (folder / "sources.yml").write_text(sources_yaml(api.url))
    settings = {"OMBUD_SOURCES": str(folder / "sources.yml"), **SECRETS}
    made = System(folder, f"sqlite:///{folder}/{{service}}.sqlite", broker.add_vhost("webhooks"), broker, **settings)
    made.start("intake")
    yield made
    made.stop()


def send(system: System, given: Payload, **changed: Any) -> requests.Response:
    """As the system sends it, at the time that intake's clock shows."""
    signed = replace(sign(given, time.time() + system._shift.total_seconds()), **changed)
    address = f"{system.services['intake'].url}/v1/webhooks/{given.kind}?{signed.query}"
    return requests.post(address, data=signed.body, headers=signed.headers, timeout=ANSWER_WITHIN)


def complaint(system: System, given: Payload) -> dict[str, Any]:
    id_ = complaint_id(given.kind, given.expect[0]["data"]["external_id"])
    answer = system.call("intake", "GET", f"/v1/complaints/{id_}")
    return dict(answer.json()) if answer.ok else {}


def counted(system: System, source: str, outcome: str) -> float:
    return system.services["intake"].metric(f'ombud_webhooks_total{{outcome="{outcome}",source="{source}"}}')


def rows(system: System, table: str, source: str) -> list[sqlite3.Row]:
    with sqlite3.connect(f"file:{system.folder}/intake.sqlite?mode=ro", uri=True) as db:
        db.row_factory = sqlite3.Row
        return db.execute(f"SELECT * FROM {table} WHERE queue = ?", (f"intake.webhooks.{source}",)).fetchall()


def test_every_kind_is_tried_here() -> None:
    assert set(FIRST) == set(KINDS)


@pytest.mark.parametrize("given", FIRST.values(), ids=str)
def test_a_webhook_becomes_a_complaint_once(given: Payload, system: System) -> None:
    first = send(system, given)
    again = send(system, given)
    assert first.ok and again.ok, first.text
    if KINDS[given.kind].reply is None:
        assert (first.status_code, first.json()) == (202, again.json())
        assert complaint(system, given)["id"] in first.json()["complaint_ids"]
    found, said = complaint(system, given), given.expect[0]["data"]
    assert (found["contact_count"], found["state"]) == (1, "open")
    assert found["contacts"][0]["text"] == (said["text"] or "(no text)")
    assert found["verdict"]["language"] and found["source"] == given.kind
    assert counted(system, given.kind, "taken") >= 2


@pytest.mark.parametrize("given", FIRST.values(), ids=str)
def test_a_forged_webhook_is_refused_and_nothing_of_it_is_kept(given: Payload, system: System) -> None:
    before = system.summary("intake")
    signed = sign(given, time.time(), "guessed:secret")
    address = f"{system.services['intake'].url}/v1/webhooks/{given.kind}?{signed.query}"
    answer = requests.post(address, data=signed.body, headers=signed.headers, timeout=ANSWER_WITHIN)
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")
    assert system.summary("intake") == before
    assert counted(system, given.kind, "forged") >= 1


@pytest.mark.parametrize("kind", ["zendesk", "freshdesk", "zendesk-trigger", "jira", "intercom"])
def test_a_conversation_goes_its_way(kind: str, system: System) -> None:
    created = FIRST[kind]
    for name, state in (
        (created.name, "open"),
        ("customer_reply", "open"),
        ("agent_reply", "answered"),
        ("solved", "resolved"),
        ("reopened", "open"),
    ):
        headers = {"x-atlassian-webhook-identifier": f"way-{name}"} if kind == "jira" else {}
        given = payload(kind, name)
        assert send(system, replace(given, headers=given.headers | headers)).status_code == 202, name
        assert complaint(system, created)["state"] == state, name
    assert complaint(system, created)["contact_count"] == 2


def test_salesforce_and_twilio_get_the_answers_that_they_want(system: System) -> None:
    ack = send(system, payload("salesforce", "new_case"))
    assert (ack.status_code, ack.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
    assert "<Ack>true</Ack>" in ack.text
    twiml = send(system, payload("twilio", "sms"))
    assert twiml.status_code == 200 and twiml.text.endswith("<Response></Response>")


def test_what_intake_does_not_need_is_counted_and_ignored(system: System) -> None:
    before = counted(system, "zendesk", "ignored")
    answer = send(system, payload("zendesk", "priority_changed"))
    assert (answer.status_code, answer.json()) == (200, {"ignored": 1})
    assert counted(system, "zendesk", "ignored") == before + 1


def test_of_several_events_each_is_taken_for_itself(system: System) -> None:
    answer = send(system, payload("mapping", "opened"))
    assert answer.status_code == 202
    assert answer.json() == {"ignored": 1, "complaint_ids": [complaint(system, payload("mapping", "opened"))["id"]]}


def test_what_cannot_be_understood_is_kept_whole_and_the_system_told_that_all_is_well(system: System) -> None:
    broken = replace(payload("zendesk", "created"), body=b'{"type": "zen:event-type:ticket.created", "detail": {"id": ')
    first, again = send(system, broken), send(system, broken)
    assert (first.status_code, first.json()) == (202, {"quarantined": 1}) and again.json() == first.json()
    (letter,) = rows(system, "dead_letters", "zendesk")
    assert (letter["body"].encode(), letter["reason"], letter["source"]) == (broken.body, "invalid", "zendesk")
    assert (letter["type"], "x-zendesk-webhook-signature" in letter["headers"]) == ("webhook.zendesk", False)
    assert counted(system, "zendesk", "quarantined") == 2


def test_a_kept_webhook_is_corrected_by_an_operator_and_becomes_a_complaint(system: System) -> None:
    given = payload("intercom", "created")
    good = given.body.decode().replace("9901", "9955").replace("notif_1", "notif_55")
    assert send(system, replace(given, body=good.replace('"id": "9955"', '"id": ""').encode())).status_code == 202
    (letter,) = rows(system, "dead_letters", "intercom")
    answer = system.call("intake", "POST", f"/v1/dead-letters/{letter['id']}/replay", {"body": good})
    assert answer.status_code == 202, answer.text
    id_ = complaint_id("intercom", "9955")
    eventually(lambda: system.call("intake", "GET", f"/v1/complaints/{id_}").ok, "the complaint", system.logs)
    eventually(lambda: not rows(system, "retries", "intercom"), "the replay to be done", system.logs)
    assert rows(system, "dead_letters", "intercom") == []


def test_one_that_is_replayed_and_still_broken_is_kept_again(system: System) -> None:
    given = payload("jira", "created")
    assert send(system, replace(given, body=b"[]")).json() == {"quarantined": 1}
    (letter,) = rows(system, "dead_letters", "jira")
    answer = system.call("intake", "POST", f"/v1/dead-letters/{letter['id']}/replay", {"body": "[7]"})
    comes_back_as = answer.json()["comes_back_as"]
    eventually(lambda: rows(system, "dead_letters", "jira"), "the letter to come back", system.logs)
    (again,) = rows(system, "dead_letters", "jira")
    assert (again["id"], again["body"]) == (comes_back_as, "[7]")


def test_a_fault_is_named_by_its_path_and_what_stands_beside_it_is_taken(system: System) -> None:
    body = b"""{"items": [{"event": "opened", "id": "p-1", "case": {"no": "P-1", "body": "Broken."}},
                          {"event": "rated", "id": "p-2", "case": {"no": "P-1"}, "stars": 9}]}"""
    answer = send(system, replace(payload("mapping", "opened"), body=body))
    assert answer.json()["quarantined"] == 1 and len(answer.json()["complaint_ids"]) == 1
    assert [r["error"].split(":")[0] for r in rows(system, "dead_letters", "mapping")] == ["/score"]


def test_what_was_kept_is_taken_once_it_is_corrected(system: System) -> None:
    """Replayed by its own way, though no queue of the broker has it."""
    given = payload("freshdesk", "created")
    good = given.body.replace(b"2044", b"2099")
    assert send(system, replace(given, body=good[:-2])).json() == {"quarantined": 1}
    (letter,) = rows(system, "dead_letters", "freshdesk")
    path = f"/v1/dead-letters/{letter['id']}/replay"
    assert system.call("intake", "POST", path, {"body": good.decode()}).status_code == 202
    address = f"/v1/complaints/{complaint_id('freshdesk', '2099')}"
    eventually(lambda: system.call("intake", "GET", address).ok, "the complaint", system.logs)
    assert not rows(system, "retries", "freshdesk") and not rows(system, "dead_letters", "freshdesk")


def test_what_came_under_a_wrong_content_type_is_taken_once_that_is_corrected(system: System) -> None:
    given = payload("sendgrid", "new")
    typed = sign(replace(given, content_type="text/plain", body=given.body.replace(b"b1@mail", b"typed@mail")), 0)
    assert send(system, given, body=typed.body, headers=typed.headers).json() == {"quarantined": 1}
    (letter,) = rows(system, "dead_letters", "sendgrid")
    path, taken = f"/v1/dead-letters/{letter['id']}", counted(system, "sendgrid", "taken")
    assert system.call("intake", "GET", path).json()["content_type"] == "text/plain"
    assert system.call("intake", "POST", f"{path}/replay", {"content_type": given.content_type}).status_code == 202
    eventually(lambda: counted(system, "sendgrid", "taken") == taken + 1, "the replay to be done", system.logs)
    id_ = complaint_id("sendgrid", given.expect[0]["data"]["external_id"].replace("b1@mail", "typed@mail"))
    assert system.call("intake", "GET", f"/v1/complaints/{id_}").json()["contact_count"] == 1
    assert not rows(system, "retries", "sendgrid") and not rows(system, "dead_letters", "sendgrid")


def test_json_that_is_nested_too_deeply_is_kept_as_what_cannot_be_understood(system: System) -> None:
    deep = b'{"items": [{"event": "opened", "case": {"no": "D-1", "body": ' + b"[" * 400 + b"]" * 400 + b"}}]}"
    assert send(system, replace(payload("mapping", "opened"), body=deep)).json() == {"quarantined": 1}


def test_bytes_that_are_no_text_are_kept_whole_too(system: System) -> None:
    body = b'--xYzZY\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n\x89PNG\xff\x00\r\n--xYzZY--\r\n'
    assert send(system, replace(payload("sendgrid", "new"), body=body)).json() == {"quarantined": 1}
    import base64

    (letter,) = rows(system, "dead_letters", "sendgrid")
    assert base64.b64decode(letter["body"]) == body


def test_a_mail_with_a_large_picture_is_taken_and_one_past_all_measure_refused(system: System) -> None:
    given = payload("postmark", "new")
    large = given.body.replace(b'"Attachments": []', b'"Attachments": ["' + b"A" * 3_000_000 + b'"]')
    large = large.replace(b"a1@mail", b"large@mail")
    assert len(large) > 3_000_000
    assert send(system, replace(given, body=large)).status_code == 202
    assert send(system, replace(given, body=b"{" * (MAX_WEBHOOK_BYTES + 1))).status_code == 413


def test_what_cannot_be_fetched_now_is_fetched_later(system: System, api: Shelf) -> None:
    given = payload("hubspot", "created")
    later = replace(given, body=given.body.replace(b"5512", b"6613").replace(b"3900001", b"3900099"))
    api.documents["/crm/v3/objects/tickets/6613"] = 503
    answer = send(system, later)
    assert (answer.status_code, answer.json()) == (202, {"ignored": 1, "deferred": 1})
    assert [row["attempt"] for row in rows(system, "retries", "hubspot")] == [1]
    api.documents["/crm/v3/objects/tickets/6613"] = {"properties": {"subject": "Late", "content": "It came late."}}
    system.advance(seconds=10)
    id_ = complaint_id("hubspot", "6613")
    eventually(lambda: system.call("intake", "GET", f"/v1/complaints/{id_}").ok, "the complaint", system.logs)
    eventually(lambda: not rows(system, "retries", "hubspot"), "the retry to be done", system.logs)
    assert system.call("intake", "GET", f"/v1/complaints/{id_}").json()["contact_count"] == 1


def test_what_can_never_be_fetched_ends_as_a_dead_letter(system: System, api: Shelf) -> None:
    given = payload("surveymonkey", "completed")
    api.documents["/v3/surveys/5001/responses/991/details"] = 500
    assert send(system, replace(given, body=given.body.replace(b"880022", b"991"))).json() == {"deferred": 1}
    for attempt in range(2, 7):
        system.advance(hours=2)
        eventually(
            lambda n=attempt: (  # type: ignore[misc]
                [r["attempt"] for r in rows(system, "retries", "surveymonkey")] == [n]
                or rows(system, "dead_letters", "surveymonkey")
            ),
            f"attempt {attempt}",
            system.logs,
        )
    (letter,) = rows(system, "dead_letters", "surveymonkey")
    assert letter["reason"] == "failed" and not rows(system, "retries", "surveymonkey")


def test_a_source_that_is_not_set_up_is_not_found(system: System) -> None:
    intake = system.services["intake"].url
    assert requests.post(f"{intake}/v1/webhooks/nobody", data=b"{}", timeout=ANSWER_WITHIN).status_code == 404
    assert requests.head(f"{intake}/v1/webhooks/nobody", timeout=ANSWER_WITHIN).status_code == 404
    assert requests.head(f"{intake}/v1/webhooks/surveymonkey", timeout=ANSWER_WITHIN).status_code == 200


def test_a_sources_file_with_mistakes_ends_intake_with_their_lines(system: System, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("sources:\n  a: {kind: zendesk}\n  b: {kind: nothing}\n")
    process = system.services["intake"].twin().launch(OMBUD_SOURCES=str(wrong))
    assert process.wait() == 2
    assert f"{wrong}:2: sources.a" in process.log() and f"{wrong}:3: sources.b.kind" in process.log()
