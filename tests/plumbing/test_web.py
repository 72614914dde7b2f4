"""What the HTTP door promises: limits, tokens, and error bodies that leak nothing."""

import json
import socket
from contextlib import ExitStack

import requests

from tests.harness.process import ANSWER_WITHIN, TOKEN
from tests.plumbing.conftest import Sink


def test_a_body_past_the_limit_is_refused(sink: Sink) -> None:
    sink.start()
    assert sink.call("POST", "/v1/echo", "x" * 100).json() == {"bytes": 102}
    refused = sink.call("POST", "/v1/echo", "x" * 300_000)
    assert (refused.status_code, refused.json()["title"]) == (413, "TooLarge")


def test_a_body_past_the_limit_is_refused_though_its_length_is_not_told(sink: Sink) -> None:
    sink.start()
    chunks = (b"x" * 10_000 for _ in range(50))
    answer = requests.post(
        f"{sink.url}/v1/echo", data=chunks, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=ANSWER_WITHIN
    )
    assert answer.status_code == 413


def test_half_sent_bodies_block_nobody(sink: Sink) -> None:
    sink.start()
    with ExitStack() as stack:
        for _ in range(60):
            half = stack.enter_context(socket.create_connection(("127.0.0.1", sink.port)))
            half.sendall(
                b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token-of-the-tests\r\n"
                b"Content-Length: 100\r\n\r\nhalf"
            )
        # Well before the server gives the slow senders up, which would let anybody in again.
        headers = {"Authorization": "Bearer token-of-the-tests"}
        assert requests.post(f"{sink.url}/v1/echo", data="x", headers=headers, timeout=10).ok
        assert requests.get(f"{sink.ops_url}/healthz", timeout=10).ok


def test_without_a_token_or_with_a_wrong_one_nobody_enters(sink: Sink) -> None:
    sink.start()
    assert requests.post(f"{sink.url}/v1/echo", data="x", timeout=ANSWER_WITHIN).status_code == 401
    assert sink.call("POST", "/v1/echo", token="wrong").status_code == 401


def test_a_token_does_what_its_scopes_say(sink: Sink) -> None:
    from shared.tokens import digest

    sink.start(OMBUD_API_TOKENS=f"jana:person:{digest('p')},shop:source+operator:{digest('s')}")
    assert sink.call("POST", "/v1/echo", token="s").ok
    refused = sink.call("POST", "/v1/echo", token="p")
    assert (refused.status_code, "source" in refused.json()["detail"]) == (403, True)


def test_a_bug_answers_with_a_request_id_and_not_with_its_text(sink: Sink) -> None:
    sink.start()
    answer = requests.get(f"{sink.url}/v1/broken", headers={"X-Request-Id": "my-id"}, timeout=ANSWER_WITHIN)
    assert (answer.status_code, answer.headers["X-Request-Id"]) == (500, "my-id")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "hunter2" not in answer.text
    assert "my-id" in sink.log()


def test_an_unknown_path_or_method_or_what_is_no_request_is_a_problem_body(sink: Sink) -> None:
    sink.start()
    for address in ("/nope", "//v1//echo"):
        unknown = sink.call("GET", address)
        assert (unknown.status_code, unknown.json()["detail"][:7]) == (404, "nothing")
    refused = sink.call("PUT", "/v1/echo")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")
    assert refused.json()["detail"] == "this address takes POST"
    with socket.create_connection(("127.0.0.1", sink.port), timeout=ANSWER_WITHIN) as caller:
        caller.sendall(b"hello there everybody\r\n\r\n")
        head, _, body = b"".join(iter(lambda: caller.recv(4096), b"")).partition(b"\r\n\r\n")
    assert b" 400 " in head and b"Content-Type: application/problem+json" in head
    assert json.loads(body)["status"] == 400
