"""The five promises where no other journey holds them: accepted is kept, seen, told, told once, and explained."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.harness.process import eventually
from tests.harness.system import KETTLE, MILD, ROSTER, System

PHONE_ONLY = {"name": "Petr", "phone": "+420601234567"}  # and no SMS provider is set up here
A_COMPLAINT = {"source": "web", "external_id": "A-1", "channel": "email", "text": MILD}


@contextmanager
def nothing_can_be_stored(system: System, service: str) -> Iterator[None]:
    """The service's SQLite file as a full or hanging disk would leave it: every write waits in vain."""
    file = Path(system.database(service).removeprefix("sqlite:///"))
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def test_what_cannot_be_stored_is_not_accepted(system: System) -> None:
    system.start("intake")
    with nothing_can_be_stored(system, "intake"):
        refused = system.call("intake", "POST", "/v1/complaints", A_COMPLAINT)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert system.call("intake", "POST", "/v1/complaints", A_COMPLAINT).status_code == 202


def test_whoever_got_a_202_finds_the_complaint_though_intake_was_killed_then(system: System) -> None:
    system.start("intake")
    ids = [system.send(MILD) for _ in range(5)]
    system.services["intake"].kill()
    system.services["intake"].start()
    assert all(system.call("intake", "GET", f"/v1/complaints/{id_}").ok for id_ in ids)


def test_a_complaint_that_nobody_can_take_waits_in_sight_until_somebody_comes(system: System) -> None:
    system.start()
    complaint_id = system.send(MILD, customer={"region": "DE", "language": "en"})
    eventually(lambda: system.assignment(complaint_id).get("state") == "waiting", "it to wait")
    system.advance(minutes=10)
    (waiting,) = system.call("routing", "GET", "/v1/queue").json()["complaints"]
    assert (waiting["complaint_id"], waiting["reason"]) == (complaint_id, "nobody_qualified")
    assert waiting["age_seconds"] >= 600
    jana = ROSTER["routing"]["/v1/agents/jana"] | {"regions": ["CZ", "DE"]}
    assert system.call("routing", "PUT", "/v1/agents/jana", jana).ok
    eventually(lambda: system.assignment(complaint_id)["state"] == "assigned", "an agent")


def test_who_cannot_be_reached_is_passed_over_at_once(system: System) -> None:
    system.start()
    assert system.call("notify", "PUT", "/v1/contacts/petr", PHONE_ONLY).ok
    complaint_id = system.send(KETTLE)
    system.wait_until_told("karin")
    assert (system.case(complaint_id)["level"], system.case(complaint_id)["reason"]) == (2, "unreachable")
    assert system.told("petr") == 0


def test_every_decision_says_why_and_by_which_rules(system_on_both: System) -> None:
    system = system_on_both.start()
    complaint_id = system.send(KETTLE)
    system.wait_until_told("petr")
    eventually(lambda: system.assignment(complaint_id).get("state") == "assigned", "an agent")
    reading = system.call("intake", "GET", f"/v1/complaints/{complaint_id}").json()
    assert reading["verdict"]["rules_version"] and reading["verdict"]["rules"]
    (contact,) = reading["contacts"]
    assert contact["evidence"] and contact["verdict"]["rules_version"]
    assignment = system.assignment(complaint_id)
    assert assignment["reason"] == "best_score" and assignment["policy_version"]
    assert [c["agent_id"] for c in assignment["candidates"]] == ["jana"] and "load" in assignment["score"]
    case = system.case(complaint_id)
    (escalated,) = [step for step in case["timeline"] if step["what"] == "escalated"]
    assert escalated["reason"] == case["reason"] == "severity"
    assert escalated["policy_version"] == case["policy_version"] != ""
    assert escalated["details"]["recipients"] == ["petr"]


def test_every_alert_says_how_it_ended(system: System) -> None:
    system.start()
    assert system.call("notify", "PUT", "/v1/contacts/petr", PHONE_ONLY).ok
    complaint_id = system.send(KETTLE)
    system.wait_until_told("karin")
    system.settle()
    told = system.call("notify", "GET", f"/v1/alerts?case_id={complaint_id}").json()["alerts"]
    assert {(a["recipient"], a["state"], a["reason"]) for a in told} == {
        ("petr", "failed", "not_configured"),
        ("karin", "accepted", "accepted"),
    }
