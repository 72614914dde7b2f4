"""Intake's quarantine and limits by HTTP, as a process of its own against a real broker, on both databases."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests

from ombud.local.broker import PrivateBroker
from shared.tokens import digest
from tests.harness.process import ANSWER_WITHIN, TOKEN, eventually
from tests.harness.system import System

LETTERS = "/v1/dead-letters"
LIMITS = "200/2000,slow=1/3,short=1000/1000/300,token:trickle=1/4"
TOKENS = "trickle:source:{},reader:person:{}"
GOOD = {"source": "q", "text": "My order is late."}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def system(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker
) -> Iterator[System]:
    folder: Path = tmp_path_factory.mktemp("quarantine")
    url = f"sqlite:///{folder}/{{service}}.sqlite"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        server.create_database("test_quarantine")
        url = server.url("test_quarantine")
    tokens = TOKENS.format(digest("trickle-token"), digest("reader-token"))
    made = System(
        folder,
        url,
        broker.add_vhost(f"quarantine-{request.param}"),
        broker,
        OMBUD_SOURCE_RATE=LIMITS,
        OMBUD_API_TOKENS=tokens,
    )
    made.start("intake")
    yield made
    made.stop()


def quarantined(
    system: System, key: str, body: bytes, content_type: str = "application/json", **headers: str
) -> dict[str, Any]:
    """Sends what is no complaint and waits until it is seen among the dead letters."""
    before = {letter["id"] for letter in listed(system)}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    system.bus.raw("complaints", key, body, named, content_type)
    eventually(lambda: {letter["id"] for letter in listed(system)} - before, "the dead letter", system.logs)
    (letter,) = (letter for letter in listed(system) if letter["id"] not in before)
    return dict(letter)


def listed(system: System, query: str = "") -> list[dict[str, Any]]:
    answer = system.call("intake", "GET", f"{LETTERS}?{query}")
    assert answer.ok, answer.text
    return list(answer.json()["dead_letters"])


def replay(system: System, letter: dict[str, Any], body: object = None) -> requests.Response:
    return system.call("intake", "POST", f"{LETTERS}/{letter['id']}/replay", body)


def complaint_exists(system: System, external_id: str) -> bool:
    from shared.contracts.intake import complaint_id

    return system.call("intake", "GET", f"/v1/complaints/{complaint_id('q', external_id)}").ok


def metric(system: System, line: str) -> float:
    return system.services["intake"].metric(line)


def test_a_letter_is_listed_without_its_body_and_shown_with_it(system: System) -> None:
    letter = quarantined(system, "complaint.submitted", b'{"source": "shown"', ce_id="s-1", ce_source="shop")
    assert (letter["reason"], letter["type"], letter["source"]) == ("invalid", "complaint.submitted", "shop")
    assert "body" not in letter and "headers" not in letter
    whole = system.call("intake", "GET", f"{LETTERS}/{letter['id']}").json()
    assert (whole["body"], whole["encoding"], whole["headers"]["ce-id"]) == ('{"source": "shown"', "text", "s-1")
    assert [x["id"] for x in listed(system, "contains=%22shown%22&reason=invalid&source=shop&since=1h")] == [
        letter["id"]
    ]


@pytest.mark.parametrize("path", ["", "/1", "/1/replay", "/1/discard"])
def test_only_operators_come_in(system: System, path: str) -> None:
    method = "POST" if path.count("/") == 2 else "GET"
    assert system.call("intake", method, LETTERS + path, token="reader-token").status_code == 403
    assert system.call("intake", method, LETTERS + path, token="nobody").status_code == 401


@pytest.mark.parametrize("query", ["reasn=failed", "since=yesterday", "after=7"])
def test_a_filter_that_is_none_is_refused(system: System, query: str) -> None:
    answer = system.call("intake", "GET", f"{LETTERS}?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/" + query.split("=")[0])


def test_corrected_and_replayed_it_becomes_a_complaint_and_counts(system: System) -> None:
    before = metric(system, "ombud_dead_letters_replayed_total")
    letter = quarantined(system, "complaint.submitted", b'{"source": "q", "external_id": "1"}')
    assert metric(system, 'ombud_dead_letters{reason="invalid"}') >= 1
    answer = replay(system, letter, {"body": GOOD | {"external_id": "1"}})
    assert answer.status_code == 202, answer.text
    eventually(lambda: complaint_exists(system, "1"), "the complaint", system.logs)
    assert system.call("intake", "GET", f"{LETTERS}/{letter['id']}").status_code == 404
    assert metric(system, "ombud_dead_letters_replayed_total") == before + 1
    assert f'"letter": "{letter["id"]}"' in system.services["intake"].log().replace('":"', '": "')


def test_a_misspelt_type_is_corrected_without_touching_the_body(system: System) -> None:
    body = orjson.dumps(GOOD | {"external_id": "2"})
    letter = quarantined(system, "complaint.sumbitted", body)
    assert replay(system, letter, {"type": "complaint.submitted"}).status_code == 202
    eventually(lambda: complaint_exists(system, "2"), "the complaint", system.logs)


def test_a_wrong_content_type_is_corrected_without_touching_the_body(system: System) -> None:
    body = orjson.dumps(GOOD | {"external_id": "2b"})
    letter = quarantined(system, "complaint.submitted", body, "application/cloudevents+json")
    assert replay(system, letter, {"content_type": "application/json"}).status_code == 202
    eventually(lambda: complaint_exists(system, "2b"), "the complaint", system.logs)


def test_what_fails_again_comes_back_under_the_id_that_was_said(system: System) -> None:
    letter = quarantined(system, "complaint.submitted", b"still no JSON")
    comes_back_as = replay(system, letter).json()["comes_back_as"]
    eventually(lambda: system.call("intake", "GET", f"{LETTERS}/{comes_back_as}").ok, "it again", system.logs)
    assert system.call("intake", "GET", LETTERS).json()["under_way"] == 0


def test_replayed_by_many_at_once_it_is_replayed_once(system: System) -> None:
    letter = quarantined(system, "complaint.submitted", b'{"source": "q", "external_id": "3"}')
    body = {"body": GOOD | {"external_id": "3"}}
    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(a.status_code for a in pool.map(lambda _: replay(system, letter, body), range(8)))
    assert statuses == [202] + [404] * 7


def test_discarded_it_is_gone_and_the_log_says_who_and_why(system: System) -> None:
    before = metric(system, "ombud_dead_letters_discarded_total")
    letter = quarantined(system, "complaint.submitted", b"rubbish")
    path = f"{LETTERS}/{letter['id']}/discard"
    assert system.call("intake", "POST", path).json()["errors"][0]["pointer"] == "/why"
    assert system.call("intake", "POST", path, {"why": "a test of upstream"}).json()["by"] == "local"
    assert system.call("intake", "GET", f"{LETTERS}/{letter['id']}").status_code == 404
    assert metric(system, "ombud_dead_letters_discarded_total") == before + 1
    (line,) = (x for x in system.services["intake"].log().splitlines() if "dead_letter_discarded" in x)
    assert "a test of upstream" in line and "local" in line


def test_a_message_that_is_too_large_goes_to_quarantine_whole(system: System) -> None:
    body = orjson.dumps(GOOD | {"external_id": "4", "junk": "x" * (256 * 1024)})
    letter = quarantined(system, "complaint.submitted", body)
    assert letter["reason"] == "too_large"
    whole = system.call("intake", "GET", f"{LETTERS}/{letter['id']}").json()
    assert whole["body"].encode() == body
    assert replay(system, letter, {"body": GOOD | {"external_id": "4"}}).status_code == 202
    eventually(lambda: complaint_exists(system, "4"), "the complaint", system.logs)


def send(system: System, source: str, number: int, token: str = "", **more: Any) -> requests.Response:
    body = {"source": source, "external_id": str(number), "text": "Where is it?", **more}
    return system.call("intake", "POST", "/v1/complaints", body, **({"token": token} if token else {}))


def stored(system: System) -> int:
    return int(system.summary("intake")["contacts"])


def test_a_source_that_sends_too_fast_is_told_when_to_come_back_and_nothing_is_stored(system: System) -> None:
    before, refused = stored(system), metric(system, 'ombud_requests_limited_total{limit="rate"}')
    answers = [send(system, "slow", n) for n in range(30)]
    taken = [a for a in answers if a.status_code == 202]
    (limited, *_) = [a for a in answers if a.status_code == 429]
    assert len(taken) >= 3 and stored(system) == before + len(taken)
    assert limited.headers["Retry-After"] == "1"
    assert limited.headers["Content-Type"] == "application/problem+json"
    assert limited.json()["type"] == "urn:ombud:problem:too-many"
    assert metric(system, 'ombud_requests_limited_total{limit="rate"}') == refused + 30 - len(taken)
    assert send(system, "fast", 1).status_code == 202, "others are not held up"
    eventually(lambda: send(system, "slow", 99).status_code == 202, "its turn")


def test_a_token_has_a_limit_of_its_own_whatever_source_it_names(system: System) -> None:
    answers = [send(system, f"s{n}", n, "trickle-token") for n in range(30)]
    assert {a.status_code for a in answers} == {202, 429}


def test_a_batch_is_taken_or_refused_as_a_whole(system: System) -> None:
    batch = [
        {"specversion": "1.0", "id": f"b-{n}", "source": "b", "type": "complaint.submitted",
         "data": {"source": "slow", "external_id": f"b-{n}", "text": "Where?"}}
        for n in range(3)
    ]  # fmt: skip
    before, answers = stored(system), []

    def is_refused() -> bool:
        answers.append(
            requests.post(
                f"{system.services['intake'].url}/v1/events",
                json=batch,
                timeout=ANSWER_WITHIN,
                headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/cloudevents-batch+json"},
            ).status_code
        )
        return answers[-1] == 429

    eventually(is_refused, "the limit")
    assert (stored(system) - before) in (0, 3)


def test_a_source_may_have_a_smaller_size(system: System) -> None:
    before = stored(system)
    answer = send(system, "short", 1, text="x" * 300)
    assert (answer.status_code, stored(system)) == (413, before)
    assert send(system, "short", 1).status_code == 202
    assert metric(system, 'ombud_requests_limited_total{limit="size"}') == 1
