"""Merging and forgetting by HTTP and by the command line, against the running service."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from ombud.local.broker import PrivateBroker
from shared.tokens import digest
from tests.harness.process import PROJECT, TOKEN, eventually
from tests.harness.system import System

Forget = Callable[..., subprocess.CompletedProcess[str]]
EVA = {"ref": "C-10042", "email": "eva@example.org", "region": "CZ"}


@pytest.fixture
def intake(tmp_path: Path, any_database: str, amqp_uri: str, broker: PrivateBroker) -> Iterator[System]:
    tokens = f"shop:source:{digest('shop')}"
    made = System(tmp_path, any_database, amqp_uri, broker, OMBUD_API_TOKENS=tokens).start("intake")
    yield made
    made.stop()


@pytest.fixture
def forget(intake: System) -> Forget:
    def call(*args: str, answer: str = "", token: str = TOKEN) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ombud", "forget", *args, "--intake-url", intake.services["intake"].url]
        return subprocess.run(
            [*command, "--token", token],
            input=answer, cwd=intake.folder, capture_output=True, text=True, timeout=180, check=False,
            env={"PYTHONPATH": str(PROJECT), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip

    return call


def shown(intake: System, id_: str) -> dict[str, object]:
    return dict(intake.call("intake", "GET", f"/v1/complaints/{id_}").json())


def merge(intake: System, id_: str, body: object, token: str = TOKEN) -> requests.Response:
    return intake.call("intake", "POST", f"/v1/complaints/{id_}/merge", body, token)


def test_two_complaints_are_merged_once(intake: System) -> None:
    tap = intake.bus.tap("intake", "complaint.merged", "complaint.updated")
    one, other = intake.send("It leaks.", "1"), intake.send("My kettle leaks.", "2")
    for _ in range(2):
        answer = merge(intake, one, {"into": other})
        assert (answer.status_code, answer.json()) == (200, {"complaint_id": one, "merged_into": other})
    # Of the others, who would take what intake tells them, nobody runs here.
    eventually(lambda: intake.summary("intake")["plumbing"]["outbox"] == 0, "all to be told", intake.logs)
    assert sorted(headers["ce-type"] for headers, _ in intake.bus.take(tap)) == [
        "complaint.merged",
        "complaint.updated",
    ]
    assert (shown(intake, one)["state"], len(shown(intake, other)["contacts"])) == ("merged", 2)  # type: ignore[arg-type]


def test_what_cannot_be_merged_says_why(intake: System) -> None:
    one = intake.send("It leaks.", "1")
    assert merge(intake, one, {}).status_code == 422
    assert merge(intake, one, {"into": one}).status_code == 409
    assert merge(intake, one, {"into": "nothing"}).status_code == 404
    assert merge(intake, one, {"into": one}, token="shop").status_code == 403


def test_who_is_forgotten_is_forgotten(intake: System) -> None:
    id_ = intake.send("My rhubarb kettle leaks.", "1", customer=EVA)
    answer = intake.call("intake", "POST", "/v1/customers/forget", {"email": "Eva@Example.org"})
    assert (answer.status_code, answer.json()["complaints"], answer.json()["contacts"]) == (200, 1, 1)
    left = intake.call("intake", "GET", f"/v1/complaints/{id_}")
    assert left.json()["state"] == "forgotten" and "rhubarb" not in left.text and "eva@" not in left.text
    refused = intake.call("intake", "POST", f"/v1/complaints/{id_}/contacts", {"text": "Hello?"})
    assert refused.status_code == 409
    assert intake.send("My rhubarb kettle leaks.", "1", customer=EVA) == id_, "a copy is answered as ever"
    assert intake.summary("intake")["contacts"] == 1
    assert intake.services["intake"].metric("ombud_complaints_forgotten_total") == 1


@pytest.mark.parametrize("body", [{}, {"ref": ""}, {"phone": "12"}, {"email": None}])
def test_nobody_is_forgotten_by_mistake(intake: System, body: dict[str, object]) -> None:
    assert intake.call("intake", "POST", "/v1/customers/forget", body).status_code == 422
    assert intake.call("intake", "POST", "/v1/customers/forget", EVA, token="shop").status_code == 403


def test_the_command_line_asks_erases_and_counts(intake: System, forget: Forget) -> None:
    intake.send("It leaks.", "1", customer=EVA)
    asked = forget("--customer", "C-10042", answer="n\n")
    assert asked.returncode == 1 and "cannot be undone" in asked.stderr
    assert intake.summary("intake")["forgotten"] == 0
    done = forget("--customer", "C-10042", answer="y\n")
    assert done.returncode == 0 and done.stdout.startswith("erased: complaints 1, contacts 1"), done
    again = forget("--customer", "C-10042", "--yes")
    assert again.stdout == "nothing is known of this customer\n"


def test_the_command_line_says_in_one_line_what_is_wrong(forget: Forget) -> None:
    for args, token, advice in (
        ((), TOKEN, "say whom to forget"),
        (("--phone", "1", "--yes"), TOKEN, "six digits"),
        (("--customer", "1", "--yes"), "shop", "lacks the scope"),
    ):
        result = forget(*args, token=token)
        assert result.returncode == 1 and advice in result.stderr and len(result.stderr.splitlines()) == 1, result
