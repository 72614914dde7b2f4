"""Requests for escalation by both doors, and corrections by the broker, against the running service."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from ombud.local.broker import PrivateBroker
from shared.contracts.escalation import CaseCorrected
from shared.contracts.event import Severity
from shared.contracts.intake import complaint_id
from tests.harness.process import eventually
from tests.harness.system import System

AT = datetime(2099, 1, 1, tzinfo=UTC)
QUEUE = "intake.escalation.v1"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker) -> Iterator[System]:
    folder: Path = tmp_path_factory.mktemp("intake")
    made = System(folder, f"sqlite:///{folder}/{{service}}.sqlite", broker.add_vhost("intake-corrections"), broker)
    made.start("intake")
    yield made
    made.stop()


@pytest.fixture
def name() -> str:
    """Of a complaint upstream, a new one for each test."""
    return uuid.uuid4().hex


def shown(system: System, id_: str) -> dict[str, Any]:
    return dict(system.call("intake", "GET", f"/v1/complaints/{id_}").json())


def told(system: System, tap: str, number: int) -> list[tuple[dict[str, Any], Any]]:
    eventually(lambda: system.bus.waiting(tap) >= number, f"{number} events", system.logs)
    return system.bus.take(tap)


def test_a_request_for_escalation_comes_by_both_doors(system: System, name: str) -> None:
    tap = system.bus.tap("intake", "complaint.escalation_requested")
    id_ = system.send("It leaks.", name)
    system.step("complaint.escalation_requested", name, by="jana", at="2026-11-02T09:00:00Z")
    body = {"source": "web", "external_id": name, "by": "petr"}
    system.bus.raw("complaints", "complaint.escalation_requested", orjson.dumps(body))
    events = told(system, tap, 2)
    assert [(headers["ce-subject"], data["by"], data["revision"]) for headers, data in events] == [
        (id_, "jana", 2),
        (id_, "petr", 3),
    ]
    assert events[0][1]["at"] == "2026-11-02T09:00:00Z"


def test_a_correction_is_told_at_a_new_revision_and_shown_beside_what_the_rules_said(system: System, name: str) -> None:
    tap = system.bus.tap("intake", "complaint.updated")
    id_ = system.send("The kettle burned my daughter's hand.", name)
    before = shown(system, id_)
    said = CaseCorrected(id_, 4, "petr", AT, Severity.LOW, "delivery", "de", "AT")
    for _ in range(2):
        system.bus.publish(said)
    ((_, data),) = told(system, tap, 1)
    assert (data["revision"], data["severity"], data["category"], data["language"]) == (2, "low", "delivery", "de")
    assert data["customer"]["region"] == "AT"
    eventually(lambda: system.services["intake"].metric(_line("duplicate")) == 1, "the copy", system.logs)
    after = shown(system, id_)
    assert after["revision"] == 2
    assert (after["verdict"], after["contacts"]) == (before["verdict"], before["contacts"])
    assert (after["classification"]["severity"], after["correction"]["by"]) == ("low", "petr")
    assert [(c["case_revision"], c["at"]) for c in after["corrections"]] == [(4, "2099-01-01T00:00:00Z")]
    assert system.bus.take(tap) == []


def _line(outcome: str) -> str:
    return f'ombud_events_total{{outcome="{outcome}",queue="{QUEUE}"}}'


def test_a_correction_that_comes_before_its_complaint_waits_for_it(system: System, name: str) -> None:
    id_ = complaint_id("web", name)
    system.bus.publish(CaseCorrected(id_, 2, "petr", AT, category="billing"))
    eventually(lambda: system.summary("intake")["plumbing"]["retries"] == 1, "the retry", system.logs)
    assert system.send("It leaks.", name) == id_
    system.advance(seconds=30)
    eventually(lambda: shown(system, id_)["revision"] == 2, "the correction", system.logs)
    assert shown(system, id_)["classification"]["category"] == "billing"
    assert system.summary("intake")["plumbing"]["retries"] == 0


def test_a_correction_that_cannot_be_used_is_kept_with_the_reason(system: System, name: str) -> None:
    id_ = system.send("It leaks.", name)
    system.bus.publish(CaseCorrected(id_, 2, "petr", AT, category="Late parcels!"))
    letters: list[dict[str, Any]] = []

    def kept() -> bool:
        found = system.call("intake", "GET", f"/v1/dead-letters?contains={id_}").json()["dead_letters"]
        letters.extend(found)
        return bool(found)

    eventually(kept, "the letter", system.logs)
    assert (letters[0]["queue"], letters[0]["reason"], letters[0]["type"]) == (QUEUE, "rejected", "case.corrected")
    assert "the correction cannot be used" in letters[0]["error"]
    assert shown(system, id_)["revision"] == 1
