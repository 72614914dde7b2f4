"""Routing as a process: news of the workforce by the broker, in every form, and the doors of agents and supervisors."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import requests

from ombud.local.broker import PrivateBroker
from services.routing.settings import SHIPPED_POLICY
from shared.contracts.topology import WORKFORCE_EXCHANGE
from shared.schema import migrate
from shared.tokens import digest
from tests.harness.bus import Bus
from tests.harness.events import a_classified
from tests.harness.process import ServiceProcess, eventually
from tests.unit.routing.builders import MIGRATIONS, answered, case_resolved, handed_back, resolved

STRUCTURED = "application/cloudevents+json"
TOKENS = {"ana": "person", "bea": "person", "petr.svoboda": "operator", "shop": "source"}
NUMBERS = itertools.count()
AN_AGENT: dict[str, Any] = {
    "name": "Ana",
    "skills": {"billing": 4},
    "languages": ["cs"],
    "regions": ["CZ"],
    "capacity": 50,
    "shifts": [{"days": "daily", "from": "00:00", "to": "24:00"}],
}


@pytest.fixture(scope="module")
def amqp_uri(broker: PrivateBroker) -> str:
    return broker.add_vhost(f"test-{uuid.uuid4().hex[:12]}")


@pytest.fixture(scope="module")
def bus(amqp_uri: str) -> Iterator[Bus]:
    made = Bus(amqp_uri)
    yield made
    made.close()


@pytest.fixture(scope="module")
def routing(amqp_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """One for all tests here, each with agents and complaints of its own."""
    folder = tmp_path_factory.mktemp("routing")
    url = f"sqlite:///{folder}/routing.sqlite"
    migrate(url, "routing", MIGRATIONS)
    tokens = ",".join(f"{name}:{scope}:{digest(name)}" for name, scope in TOKENS.items())
    made = ServiceProcess(
        "services.routing", folder, OMBUD_DATABASE_URL=url, OMBUD_AMQP_URI=amqp_uri, OMBUD_API_TOKENS=tokens
    )
    yield made.start()
    made.kill()


@pytest.fixture
def agent(routing: ServiceProcess) -> str:
    """A new one for each test; what they can nobody else can."""
    return f"agent-{next(NUMBERS)}"


def data_of(id_: str, **changes: Any) -> dict[str, Any]:
    return {"id": id_, **AN_AGENT, **changes}


def as_binary(bus: Bus, type_: str, data: Any, **attributes: str) -> None:
    headers = {"ce-specversion": "1.0", "ce-type": type_, "ce-source": "crm", "ce-id": uuid.uuid4().hex}
    more = {f"ce-{name}": value for name, value in attributes.items()}
    bus.raw(WORKFORCE_EXCHANGE, "whatever", orjson.dumps(data), headers | more)


def as_structured(bus: Bus, type_: str, data: Any, **attributes: str) -> None:
    event = {"specversion": "1.0", "type": type_, "source": "crm", "id": uuid.uuid4().hex, "data": data, **attributes}
    bus.raw(WORKFORCE_EXCHANGE, "whatever", orjson.dumps(event), content_type=STRUCTURED)


def as_bare(bus: Bus, type_: str, data: Any) -> None:
    bus.raw(WORKFORCE_EXCHANGE, type_, orjson.dumps(data))


def shown(routing: ServiceProcess, id_: str) -> dict[str, Any]:
    answer = routing.call("GET", f"/v1/agents/{id_}")
    return dict(answer.json()) if answer.ok else {}


def letters(routing: ServiceProcess, contains: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = routing.call("GET", f"/v1/dead-letters?contains={contains}").json()["dead_letters"]
    return found


@pytest.mark.parametrize("publish", [as_binary, as_structured, as_bare])
def test_agents_and_their_presence_are_told_in_every_form(
    routing: ServiceProcess, bus: Bus, agent: str, publish: Callable[..., None]
) -> None:
    publish(bus, "agent.changed", data_of(agent, languages=["CS"], regions=["Czechia"]))
    eventually(lambda: shown(routing, agent).get("status") == "available", "the agent", routing.log)
    assert shown(routing, agent) | {"skills": {"billing": 4}, "languages": {"cs": 3}} == shown(routing, agent)
    publish(bus, "agent.presence", {"agent_id": agent, "presence": "busy"})
    eventually(lambda: shown(routing, agent)["status"] == "busy", "the presence", routing.log)
    publish(bus, "agent.presence", {"agent_id": agent, "presence": "available"})
    eventually(lambda: shown(routing, agent)["status"] == "available", "the next", routing.log)


def test_what_is_older_than_what_is_known_changes_nothing(routing: ServiceProcess, bus: Bus, agent: str) -> None:
    noon, before = "2026-01-01T12:00:00Z", "2026-01-01T11:59:59Z"
    as_binary(bus, "agent.changed", data_of(agent, capacity=7), time=noon)
    eventually(lambda: shown(routing, agent) != {}, "the agent", routing.log)
    as_binary(bus, "agent.changed", data_of(agent, capacity=8), time=before)
    as_structured(bus, "agent.presence", {"agent_id": agent, "presence": "away"}, time=noon)
    as_structured(bus, "agent.presence", {"agent_id": agent, "presence": "offline"}, time=before)
    as_bare(bus, "agent.changed", data_of(f"{agent}-last"))
    eventually(lambda: shown(routing, f"{agent}-last") != {}, "the last message", routing.log)
    assert (shown(routing, agent)["capacity"], shown(routing, agent)["status"]) == (7, "away")


@pytest.mark.parametrize("publish", [as_binary, as_structured, as_bare])
@pytest.mark.parametrize(
    ("type_", "changes", "told"),
    [
        ("agent.changed", {"capacity": "many"}, "/capacity: Not a valid integer."),
        ("agent.changed", {"skills": {"billing": 9}}, "/skills/billing: Must be greater than"),
        ("agent.changed", {"timezone": "Mars/Olympus"}, "/timezone: 'Mars/Olympus' is no time zone"),
        ("agent.presence", {}, "/presence: Missing data for required field."),
        ("agent.hired", {}, "type 'agent.hired' is none of agent.changed, agent.presence"),
    ],
)
def test_what_is_wrong_goes_to_quarantine_with_the_reason(
    routing: ServiceProcess,
    bus: Bus,
    agent: str,
    publish: Callable[..., None],
    type_: str,
    changes: dict[str, Any],
    told: str,
) -> None:
    publish(bus, type_, {"agent_id": agent} if type_ == "agent.presence" else data_of(agent, **changes))
    eventually(lambda: letters(routing, agent), "the letter", routing.log)
    (letter,) = letters(routing, agent)
    assert (letter["reason"], letter["queue"]) == ("invalid", "routing.workforce.v1")
    assert told in letter["error"]
    assert shown(routing, agent) == {}


@pytest.mark.parametrize("body", [b"no JSON", b'["agent-array"]', b'{"data": 1}'])
def test_what_is_no_object_goes_to_quarantine(routing: ServiceProcess, bus: Bus, body: bytes) -> None:
    before = routing.call("GET", "/v1/summary").json()["plumbing"]["dead_letters"]
    bus.raw(WORKFORCE_EXCHANGE, "agent.changed", body)
    eventually(
        lambda: routing.call("GET", "/v1/summary").json()["plumbing"]["dead_letters"] == before + 1,
        "the letter",
        routing.log,
    )


def test_presence_that_comes_before_its_agent_waits_for_them(routing: ServiceProcess, bus: Bus, agent: str) -> None:
    as_bare(bus, "agent.presence", {"agent_id": agent, "presence": "busy"})
    eventually(lambda: routing.call("GET", "/v1/summary").json()["plumbing"]["retries"] == 1, "a retry", routing.log)
    as_bare(bus, "agent.changed", data_of(agent))
    eventually(lambda: shown(routing, agent).get("status") == "busy", "the presence", routing.log)
    assert letters(routing, agent) == []
    assert routing.call("GET", "/v1/summary").json()["plumbing"]["retries"] == 0


def roster(*agents: dict[str, Any]) -> dict[str, Any]:
    return {"agents": list(agents)}


def test_a_roster_is_checked_then_stored_as_a_whole(routing: ServiceProcess, agent: str) -> None:
    two = roster(data_of(f"{agent}-1"), data_of(f"{agent}-2"))
    new = {"added": [f"{agent}-1", f"{agent}-2"], "changed": [], "unchanged": []}
    for _ in range(2):
        assert routing.call("PUT", "/v1/agents?check=true", two).json() == {"stored": False, **new}
    assert shown(routing, f"{agent}-1") == {}
    assert routing.call("PUT", "/v1/agents", two).json() == {"stored": True, **new}
    other = roster(data_of(f"{agent}-1"), data_of(f"{agent}-2", capacity=1, teams=["recall"]))
    changed = [{"id": f"{agent}-2", "fields": ["capacity", "teams"]}]
    told = {"added": [], "changed": changed, "unchanged": [f"{agent}-1"]}
    assert routing.call("PUT", "/v1/agents?check=true", other).json() == {"stored": False, **told}
    assert routing.call("PUT", "/v1/agents?check=false", other).json() == {"stored": True, **told}
    assert shown(routing, f"{agent}-2")["capacity"] == 1
    assert {a["id"] for a in routing.call("GET", "/v1/agents").json()["agents"]} >= {f"{agent}-1", f"{agent}-2"}


def test_of_a_roster_with_a_mistake_nobody_is_stored(routing: ServiceProcess, agent: str) -> None:
    wrong = roster(data_of(agent), data_of(agent), data_of("-", capacity=-1))
    refused = routing.call("PUT", "/v1/agents", wrong)
    assert refused.status_code == 422
    assert {e["pointer"] for e in refused.json()["errors"]} == {"/agents/1/id", "/agents/2/id", "/agents/2/capacity"}
    twice = routing.call("PUT", "/v1/agents", roster(data_of(agent), data_of(agent)))
    assert (twice.status_code, [e["pointer"] for e in twice.json()["errors"]]) == (422, ["/agents/1/id"])
    assert routing.call("PUT", "/v1/agents", {}).status_code == 422
    assert routing.call("PUT", "/v1/agents?check=perhaps", roster()).status_code == 422
    assert shown(routing, agent) == {}


# The doors of the agents: ana and bea have tokens of their own.


@pytest.fixture
def assigned(routing: ServiceProcess, bus: Bus) -> Iterator[str]:
    """A complaint that ana has; bea could have it too."""
    routing.call("PUT", "/v1/agents/ana", AN_AGENT | {"skills": {"refund": 5}})
    routing.call("PUT", "/v1/agents/bea", AN_AGENT | {"skills": {"refund": 1}, "name": "Bea"})
    event = a_classified(uuid.uuid4().hex, category="refund")
    bus.publish(event)
    eventually(lambda: assignment(routing, event.complaint_id).get("state") == "assigned", "an agent", routing.log)
    assert act(routing, event.complaint_id, "assign", {"agent_id": "ana"}).json()["agent"]["id"] == "ana"
    yield event.complaint_id
    bus.publish(resolved(event.complaint_id, 99))
    eventually(lambda: assignment(routing, event.complaint_id)["state"] == "released", "the end", routing.log)


def assignment(routing: ServiceProcess, id_: str, **asked: str) -> dict[str, Any]:
    query = "?" + "&".join(f"{k}={v}" for k, v in asked.items()) if asked else ""
    answer = routing.call("GET", f"/v1/assignments/{id_}{query}")
    return dict(answer.json()) if answer.ok else {}


def act(routing: ServiceProcess, id_: str, what: str, body: Any = None, by: str = "petr.svoboda") -> requests.Response:
    return routing.call("POST", f"/v1/assignments/{id_}/{what}", body, by)


def test_an_agent_accepts_and_declines_for_themselves_only(routing: ServiceProcess, assigned: str) -> None:
    for what in ("accept", "decline"):
        refused = act(routing, assigned, what, {"agent_id": "ana"}, by="bea")
        assert (refused.status_code, refused.json()["detail"]) == (403, "only an operator may speak for ana")
        late = act(routing, assigned, what, by="bea")
        assert (late.status_code, late.json()["detail"]) == (409, "bea does not have the complaint: ana has it")
    accepted = act(routing, assigned, "accept", {"note": "I call her"}, by="ana").json()
    assert accepted["history"][-1]["note"] == "I call her"
    assert (accepted["accepted_at"] is not None, accepted["answer_by"]) == (True, None)
    assert act(routing, assigned, "accept", {"agent_id": "ana"}, by="ana").json() == accepted, "twice is once"
    declined = act(routing, assigned, "decline", {"note": "on leave from tomorrow"}, by="ana").json()
    assert (declined["agent"]["id"], declined["tried"]) == ("bea", ["ana"])
    (lost,) = [entry for entry in declined["history"] if entry["what"] == "lost"]
    assert {"reason": "declined", "by": "ana", "note": "on leave from tomorrow"}.items() <= lost.items()
    assert act(routing, assigned, "decline", by="ana").status_code == 409


def test_an_operator_may_accept_and_decline_for_them(routing: ServiceProcess, assigned: str) -> None:
    accepted = act(routing, assigned, "accept", {"agent_id": "ana"})
    assert accepted.json()["history"][-1]["by"] == "petr.svoboda"
    assert act(routing, assigned, "decline", {"agent_id": "ana"}).json()["agent"]["id"] == "bea"


def test_a_supervisor_assigns_and_hands_back(routing: ServiceProcess, assigned: str) -> None:
    full = AN_AGENT | {"name": "Carl", "capacity": 0, "skills": {"refund": 1}}
    assert routing.call("PUT", "/v1/agents/carl", full).ok
    refused = act(routing, assigned, "assign", {"agent_id": "carl"})
    assert refused.status_code == 409 and "full" in refused.json()["detail"]
    forced = act(routing, assigned, "assign", {"agent_id": "carl", "force": True, "note": "he knows"}).json()
    assert (forced["agent"]["id"], forced["reason"], forced["history"][-1]["note"]) == ("carl", "by_hand", "he knows")
    back = act(routing, assigned, "hand-back").json()
    assert back["agent"]["id"] in ("ana", "bea") and back["tried"] == ["carl"]
    other = act(routing, assigned, "hand-back", {"needs": {"team": "recall"}}).json()
    assert (other["state"], other["reason"], other["needs"]["team"]) == ("waiting", "nobody_qualified", "recall")
    assert act(routing, assigned, "assign", {"agent_id": "nobody"}).status_code == 404
    assert act(routing, assigned, "hand-back", {"needs": {"language": None, "team": None}}).json()["agent"] is not None


def test_a_case_that_is_handed_back_goes_to_somebody_else_once(
    routing: ServiceProcess, bus: Bus, assigned: str
) -> None:
    eventually(lambda: routing.metric("ombud_outbox_waiting") == 0, "what came before to be told", routing.log)
    tap = bus.tap("routing", "complaint.assigned")
    assert routing.call("PUT", "/v1/agents/bea", AN_AGENT | {"skills": {"refund": 3}, "teams": ["recall"]}).ok
    for event in (
        handed_back(assigned, 7, team="recall", shoe_size="44"),
        handed_back(assigned, 7),
        case_resolved("other"),
    ):
        bus.publish(event)
    eventually(lambda: (assignment(routing, assigned)["agent"] or {}).get("id") == "bea", "the next", routing.log)
    eventually(lambda: assignment(routing, "other") != {}, "the last event", routing.log)
    found = assignment(routing, assigned)
    (told,) = [entry for entry in found["history"] if entry["what"] == "handed_back"]
    assert (told["by"], told["details"]) == ("petr.svoboda", {"team": "recall", "ignored": {"shoe_size": "44"}})
    assert (found["agent"]["id"], found["needs"]["team"]) == ("bea", "recall")
    eventually(lambda: bus.waiting(tap) == 1, "it to be told", routing.log)
    ((_, data),) = bus.take(tap)
    assert (data["agent_id"], data["teams"]) == ("bea", ["recall"])


def test_answered_the_time_to_answer_no_longer_runs(routing: ServiceProcess, bus: Bus, assigned: str) -> None:
    assert assignment(routing, assigned)["answer_by"] is not None
    bus.publish(answered(assigned, 5))
    eventually(lambda: assignment(routing, assigned)["answer_by"] is None, "the answer", routing.log)


def test_why_not_somebody_else(routing: ServiceProcess, assigned: str) -> None:
    assert routing.call("PUT", "/v1/agents/dan", AN_AGENT | {"name": "Dan"}).ok
    assert assignment(routing, assigned, agent="dan")["why_not"] == {
        "agent_id": "dan",
        "reason": "skill",
        "status": "available",
    }
    assert assignment(routing, assigned, agent="bea")["why_not"]["reason"] is None
    assert assignment(routing, assigned)["why_not"] is None
    assert routing.call("GET", f"/v1/assignments/{assigned}?agent=nobody").status_code == 404


def test_presence_by_http_is_theirs_to_say(routing: ServiceProcess, assigned: str) -> None:
    def say(agent: str, by: str, **body: Any) -> requests.Response:
        return routing.call("POST", f"/v1/agents/{agent}/presence", body, by)

    assert say("ana", "bea", presence="away").status_code == 403
    assert say("ana", "ana", presence="away").json()["status"] == "away"
    assert say("ana", "petr.svoboda", presence="available").json()["status"] == "available"
    assert say("nobody", "petr.svoboda", presence="busy").status_code == 404
    for wrong in ({"presence": "asleep"}, {}, {"presence": "busy", "until": "soon"}, {"presence": "busy", "x": 1}):
        assert say("ana", "ana", **wrong).status_code == 422
    gone = say("ana", "ana", presence="offline", until="2099-01-01T00:00:00Z").json()
    assert gone["presence"]["until"] == gone["status_until"] == "2099-01-01T00:00:00Z"
    eventually(lambda: assignment(routing, assigned)["agent"] == {"id": "bea", "name": "Bea"}, "the next", routing.log)
    assert say("ana", "ana", presence="available").ok


def test_queue_and_policy_are_shown(routing: ServiceProcess, bus: Bus) -> None:
    event = a_classified(uuid.uuid4().hex, category="nobody_can")
    bus.publish(event)
    eventually(lambda: assignment(routing, event.complaint_id) != {}, "it to wait", routing.log)
    (waiting,) = routing.call("GET", "/v1/queue?limit=5", token="bea").json()["complaints"]
    assert (waiting["complaint_id"], waiting["reason"], waiting["place"]) == (
        event.complaint_id,
        "nobody_qualified",
        1,
    )
    assert routing.call("GET", "/v1/queue?limit=0").status_code == 422
    shown_ = routing.call("GET", "/v1/policy").json()
    assert shown_["document"] == Path(SHIPPED_POLICY).read_text()
    assert shown_["version"] == assignment(routing, event.complaint_id)["policy_version"]


DOORS = (
    ("PUT", "/v1/agents", "operator"),
    ("PUT", "/v1/agents/ana", "operator"),
    ("POST", "/v1/agents/ana/presence", "person"),
    ("POST", "/v1/assignments/c/accept", "person"),
    ("POST", "/v1/assignments/c/decline", "person"),
    ("POST", "/v1/assignments/c/assign", "operator"),
    ("POST", "/v1/assignments/c/hand-back", "operator"),
    ("GET", "/v1/assignments/c", "person"),
    ("GET", "/v1/queue", "person"),
    ("GET", "/v1/policy", "operator"),
    ("GET", "/v1/agents", "operator"),
)


@pytest.mark.parametrize(("method", "path", "least"), DOORS)
def test_each_door_asks_for_its_scope(routing: ServiceProcess, method: str, path: str, least: str) -> None:
    def status(token: str) -> int:
        return routing.call(method, path, {"x": 1} if method != "GET" else None, token).status_code

    assert (status("wrong"), status("shop")) == (401, 403)
    assert (status("ana") == 403) is (least == "operator")
    assert status("petr.svoboda") in (200, 404, 422), "the body or the path is wrong, the token is not"


@pytest.mark.parametrize(
    ("what", "body", "pointer"),
    [
        ("accept", {"agent_id": 5}, "/agent_id"),
        ("decline", {"note": "x" * 1001}, "/note"),
        ("assign", {}, "/agent_id"),
        ("assign", {"agent_id": "ana", "force": "perhaps"}, "/force"),
        ("hand-back", {"needs": {"skill_level": 6}}, "/needs/skill_level"),
        ("hand-back", {"needs": {"colour": "red"}}, "/needs/colour"),
    ],
)
def test_what_is_wrong_with_a_body_is_named(routing: ServiceProcess, what: str, body: Any, pointer: str) -> None:
    refused = act(routing, "c", what, body)
    assert (refused.status_code, [e["pointer"] for e in refused.json()["errors"]]) == (422, [pointer])


@pytest.mark.parametrize("what", ["accept", "decline", "hand-back"])
def test_an_unknown_complaint_is_not_found(routing: ServiceProcess, what: str) -> None:
    assert act(routing, "unknown", what).status_code == 404
