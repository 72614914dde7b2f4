"""Who may answer, and what the doors give out."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from services.escalation import doors, service, settings
from services.escalation.usecases import save_supervisor
from shared.contracts.intake import ComplaintResolved, Customer
from shared.contracts.topology import queue_between
from shared.errors import Conflict, Forbidden, NotFound, Rejected
from shared.settings import CommonSettings
from shared.tokens import Caller
from shared.web import BadRequest
from tests.unit.escalation.builders import NOON
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.test_usecases import a_complaint, id_of, severe


def a_request(body: Any = None, name: str = "anna", *scopes: str) -> Request:
    data = b"" if body is None else json.dumps(body).encode()
    request = Request(EnvironBuilder(method="POST", data=data).get_environ())
    request.caller = Caller(name, frozenset(scopes or ("person",)))  # type: ignore[attr-defined]
    return request


def test_the_holder_of_the_token_takes_the_case() -> None:
    assert doors.person_of(a_request()) == "anna"
    assert doors.person_of(a_request({})) == "anna"
    assert doors.person_of(a_request({"by": "anna"})) == "anna"


@pytest.mark.parametrize("scope", ["operator", "admin"])
def test_an_operator_may_answer_for_somebody(scope: str) -> None:
    assert doors.person_of(a_request({"by": "ben"}, "desk", "person", scope)) == "ben"


def test_a_person_may_not_answer_for_somebody_else() -> None:
    with pytest.raises(Forbidden):
        doors.person_of(a_request({"by": "ben"}))


def test_a_wrong_answer_is_refused_by_its_path() -> None:
    with pytest.raises(Rejected) as caught:
        doors.person_of(a_request({"by": 3, "note": "x"}))
    assert {e["pointer"] for e in caught.value.errors} == {"/by", "/note"}


def test_the_second_answer_is_told_who_has_it(desk: Desk) -> None:
    desk.hear(severe())
    first, second = (json.loads(doors.answered(desk.take(id_of("1"), who)).get_data()) for who in ("anna", "ben"))
    assert (first["state"], first["already"]) == ("acknowledged", False)
    assert (second["acknowledged_by"], second["already"]) == ("anna", True)


def test_an_answer_to_a_resolved_case_is_a_conflict(desk: Desk) -> None:
    desk.hear(severe())
    desk.hear(ComplaintResolved(id_of("1"), 2, NOON, "crm"))
    with pytest.raises(Conflict, match="resolved at 2026-11-02 12:00 UTC by crm"):
        doors.answered(desk.take(id_of("1"), "anna"))


def test_a_case_comes_with_its_timeline(desk: Desk) -> None:
    desk.hear(severe())
    with desk.db.read() as tx:
        case = doors.case_with_timeline(tx, id_of("1"))
        with pytest.raises(NotFound):
            doors.case_with_timeline(tx, id_of("never"))
    assert (case["state"], case["level"], case["severity"], case["reason"]) == ("escalated", 1, "critical", "severity")
    assert [row["what"] for row in case["timeline"]] == ["opened", "escalated"]
    assert case["timeline"][1]["details"]["recipients"] == ["anna"]
    assert case["due_at"].endswith("Z")


def test_cases_are_listed_by_state_the_most_severe_first(desk: Desk) -> None:
    desk.hear(a_complaint("mild"), severe("severe"))
    with desk.db.read() as tx:
        assert [c["severity"] for c in doors.case_list(tx, {})] == ["critical", "low"]
        assert [c["id"] for c in doors.case_list(tx, {"state": "open"})] == [id_of("mild")]
        assert len(doors.case_list(tx, {"limit": "1"})) == 1
        for wrong in ({"state": "lost"}, {"limit": "many"}):
            with pytest.raises(BadRequest):
                doors.case_list(tx, wrong)


def test_a_supervisor_is_saved_and_saved_again(desk: Desk) -> None:
    body = {"name": "Eve", "role": "supervisor", "regions": ["FR"], "languages": ["fr"]}
    for name in ("Eve", "Eve Martin"):
        person = doors.supervisor_of("eve", a_request(body | {"name": name}))
        desk.db.run(lambda tx, person=person: save_supervisor(tx, person))  # type: ignore[misc]
    desk.hear(severe(customer=Customer(region="FR")))
    assert desk.case(id_of("1")).recipients == ("eve",)


def test_a_supervisor_s_codes_are_kept_in_one_spelling_and_once() -> None:
    body = {"name": "Eve", "role": "supervisor", "regions": ["fr", "FR ", "*"], "languages": ["fr-FR", "FR", "en_GB"]}
    person = doors.supervisor_of("eve", a_request(body))
    assert (person.regions, person.languages) == (("FR", "*"), ("fr", "en"))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"role": "boss"}, "/role"),
        ({"regions": []}, "/regions"),
        ({"regions": [""]}, "/regions/0"),
        ({"regions": ["FR", " "]}, "/regions/1"),
        ({"regions": ["F" * 41]}, "/regions/0"),
        ({"regions": [7]}, "/regions/0"),
        ({"languages": ["und"]}, "/languages/0"),
        ({"name": ""}, "/name"),
        ({"languages": "fr"}, "/languages"),
        ({"phone": "1"}, "/phone"),
    ],
)
def test_a_wrong_supervisor_is_refused_by_its_path(change: dict[str, Any], pointer: str) -> None:
    body = {"name": "Eve", "role": "supervisor", "regions": ["FR"], "languages": []} | change
    with pytest.raises(Rejected) as caught:
        doors.supervisor_of("eve", a_request(body))
    assert [e["pointer"] for e in caught.value.errors] == [pointer]


def test_the_subscriptions_are_those_of_the_topology() -> None:
    door = service.EscalationService
    found = {}
    for method in (door.on_complaints, door.on_owners, door.on_alerts):
        (entrypoint,) = method.nameko_entrypoints
        found[entrypoint.events[0].publisher] = {event.type for event in entrypoint.events}
    sources = ("intake", "routing", "notify")
    assert found == {source: set(queue_between("escalation", source).keys) for source in sources}


def test_it_does_not_start_without_keys_or_with_a_wrong_policy(tmp_path: Path) -> None:
    wrong = tmp_path / "policy.yml"
    wrong.write_text("ladder: []")
    with pytest.raises(ValueError, match="OMBUD_LINK_KEYS"):
        service.make(settings_with(keys=()))
    with pytest.raises(ValueError, match=r"policy\.yml:1: "):
        service.make(settings_with(policy=wrong))
    assert set(service.make(settings_with())) == {"policies", "links"}


def settings_with(keys: tuple[str, ...] = ("k1",), policy: Path = settings.SHIPPED_POLICY) -> settings.Settings:
    common = CommonSettings(
        "escalation", "127.0.0.1", 1, 2, "amqp://", "sqlite://", "", "", keys, "http://x", False, None, ""
    )
    return settings.Settings(common, policy, timedelta(days=7))
