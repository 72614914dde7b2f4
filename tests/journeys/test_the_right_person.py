"""The promise of routing, end to end: the right person gets each complaint, or it shows why nobody does."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from shared.contracts.topology import WORKFORCE_EXCHANGE
from tests.harness.process import at_once, eventually
from tests.harness.system import MILD, ROSTER, System

JANA = ROSTER["routing"]["/v1/agents/jana"]
HEAD = "name: of-the-journey\nattempts: 2\n"
EVERYTHING = "  - name: everything\n"
RECALL = "  - {name: recall, when: {product: Kettle 3}, needs: {skill: none, team: recall, language: none}}\n"
NIGHT = "  - {name: night, when: {product: Kettle 3}, needs: {team: night}, follow_the_sun: true}\n"
Ruled = Callable[[str], System]


@pytest.fixture
def ruled(system: System, tmp_path: Path) -> Ruled:
    """Starts all services, routing by this policy; written again, the file is another policy."""
    file = tmp_path / "policy.yml"
    system.services["routing"].settings["OMBUD_ROUTING_POLICY"] = str(file)

    def by(policy: str) -> System:
        file.write_text(HEAD + policy)
        return system if system.services["routing"].is_alive else system.start()

    return by


def employ(system: System, id_: str, **changes: Any) -> None:
    answer = system.call("routing", "PUT", f"/v1/agents/{id_}", JANA | {"name": id_.title()} | changes)
    assert answer.ok, answer.text


def tell(system: System, type_: str, **data: Any) -> None:
    """As the company's telephone system would."""
    system.bus.raw(WORKFORCE_EXCHANGE, type_, orjson.dumps(data))


def wait_for_agent(system: System, complaint_id: str, agent: str) -> dict[str, Any]:
    def has_it() -> bool:
        return bool((system.assignment(complaint_id).get("agent") or {}).get("id") == agent)

    eventually(has_it, f"{agent} to have it", lambda: f"{system.assignment(complaint_id)}\n{system.logs()}")
    return system.assignment(complaint_id)


def wait_for_reason(system: System, complaint_id: str, reason: str) -> dict[str, Any]:
    eventually(
        lambda: system.assignment(complaint_id).get("reason_now") == reason,
        f"it to wait for {reason}",
        lambda: f"{system.assignment(complaint_id)}\n{system.logs()}",
    )
    return system.assignment(complaint_id)


def timeline(system: System, complaint_id: str, what: str) -> list[dict[str, Any]]:
    return [entry for entry in system.case(complaint_id).get("timeline", []) if entry["what"] == what]


def test_a_recall_goes_to_its_pool_and_whoever_goes_home_loses_it_to_the_next(ruled: Ruled) -> None:
    system = ruled(f"rules:\n{RECALL}{EVERYTHING}")
    employ(system, "rita", teams=["recall"], languages=["de"], skills=["safety"])
    recall, other = system.send(MILD, product="Kettle 3"), system.send(MILD)
    assert wait_for_agent(system, recall, "rita")["rule"] == "recall"
    assert wait_for_agent(system, other, "jana")["rule"] == "everything"
    tell(system, "agent.presence", agent_id="rita", presence="offline")
    assert wait_for_reason(system, recall, "nobody_at_work")["tried"] == ["rita"]
    tell(system, "agent.changed", id="rolf", **JANA | {"name": "Rolf", "teams": ["recall"]})
    lost = [entry["reason"] for entry in wait_for_agent(system, recall, "rolf")["history"] if entry["what"] == "lost"]
    assert lost == ["gone"]
    eventually(lambda: len(timeline(system, recall, "assigned")) == 2, "escalation to know of both", system.logs)


def test_out_of_hours_it_waits_for_the_opening_and_a_changed_policy_is_for_those_that_wait(ruled: Ruled) -> None:
    soon = datetime.now(UTC) + timedelta(hours=2)
    open_ = f"{{days: daily, from: {soon:%H:%M}, to: {soon + timedelta(hours=6):%H:%M}}}"
    hours = f"hours:\n  - {{name: here, regions: CZ, timezone: UTC, open: {open_}}}\n"
    system = ruled(f"{hours}rules:\n{EVERYTHING}")
    employ(system, "jana", name="Jana", teams=["night"])
    first, second = system.send(MILD), system.send(MILD, product="Kettle 3")
    opens_at = wait_for_reason(system, first, "out_of_hours")["opens_at"]
    assert wait_for_reason(system, second, "out_of_hours")["opens_at"] == opens_at
    ruled(f"{hours}rules:\n{NIGHT}{EVERYTHING}")
    assert wait_for_agent(system, second, "jana")["rule"] == "night"
    system.advance(hours=1, minutes=50)
    assert wait_for_reason(system, first, "out_of_hours")["state"] == "waiting"
    system.advance(minutes=11)
    assert wait_for_agent(system, first, "jana")["assigned_at"] >= opens_at


def test_nobody_answers_until_it_waits_for_a_supervisor_who_sees_why(ruled: Ruled) -> None:
    system = ruled(f"defaults: {{answer_within: 10m}}\nrules:\n{EVERYTHING}")
    complaint_id = system.send(MILD)
    wait_for_agent(system, complaint_id, "jana")
    employ(system, "karl")
    system.advance(minutes=9)
    system.settle()
    assert system.assignment(complaint_id)["agent"]["id"] == "jana"
    system.advance(minutes=2)
    wait_for_agent(system, complaint_id, "karl")
    employ(system, "lena")
    system.advance(minutes=11)
    waiting = wait_for_reason(system, complaint_id, "declined")
    assert (waiting["tried"], waiting["lost"], waiting["lost_at_most"]) == (["jana", "karl"], 2, 2)
    eventually(lambda: timeline(system, complaint_id, "queued"), "the timeline", system.logs)
    assert [entry["reason"] for entry in timeline(system, complaint_id, "queued")] == ["declined"]
    by_hand = {"agent_id": "lena", "note": "please"}
    assert system.call("routing", "POST", f"/v1/assignments/{complaint_id}/assign", by_hand).ok
    system.step("complaint.answered", external_id_of(system, complaint_id))
    eventually(lambda: system.assignment(complaint_id)["answer_by"] is None, "the answer", system.logs)
    system.advance(hours=3)
    system.settle()
    assert system.assignment(complaint_id)["agent"]["id"] == "lena", "answered, nobody loses it any more"


def external_id_of(system: System, complaint_id: str) -> str:
    return str(system.call("intake", "GET", f"/v1/complaints/{complaint_id}").json()["external_id"])


def test_what_relaxes_does_so_on_time_though_every_service_was_restarted(ruled: Ruled) -> None:
    relaxing = "rules:\n  - {name: everything, relax: [{after: 30m, language: none}]}\n"
    system = ruled(relaxing)
    complaint_id = system.send(MILD, customer={"region": "CZ", "language": "fr"})
    waiting = wait_for_reason(system, complaint_id, "nobody_qualified")
    for service in system:
        assert service.stop() == 0
    system.advance(minutes=28)
    at_once(system)
    system.settle()
    assert system.assignment(complaint_id)["state"] == "waiting"
    system.advance(minutes=2)
    assigned = wait_for_agent(system, complaint_id, "jana")
    assert assigned["relaxed"] == ["language", "language_level"]
    (relaxed,) = [entry for entry in assigned["history"] if entry["what"] == "relaxed"]
    waited = datetime.fromisoformat(relaxed["at"]) - datetime.fromisoformat(waiting["waiting_since"])
    assert timedelta(minutes=30) <= waited < timedelta(minutes=32)
    eventually(lambda: timeline(system, complaint_id, "assigned"), "escalation to know", system.logs)
