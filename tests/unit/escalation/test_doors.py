"""What the doors that only look give out, who is a supervisor, and how the service starts."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.escalation import service, settings
from services.escalation.domain import answers
from services.escalation.doors import cases, people
from shared.contracts.intake import Customer
from shared.contracts.topology import queue_between
from shared.errors import NotFound, Rejected
from shared.settings import CommonSettings
from tests.unit.escalation.callers import a_request, pointers
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.visits import id_of, severe


def test_a_case_comes_with_its_timeline_and_the_notes_beside_it(desk: Desk) -> None:
    desk.hear(severe())
    desk.answer(id_of(), lambda case, setting: answers.remark(case, "ben", setting), "called her")
    with desk.db.read() as tx:
        case = cases.case_with_timeline(tx, id_of())
    assert (case["state"], case["level"], case["severity"], case["reason"]) == ("escalated", 1, "critical", "severity")
    told = [(row["what"], row["note"]) for row in case["timeline"]]
    assert told == [("opened", None), ("escalated", None), ("remarked", "called her")]
    assert case["timeline"][1]["details"]["recipients"] == ["anna"]
    assert case["due_at"].endswith("Z")
    assert {clock["name"]: clock["kept"] for clock in case["clocks"]} == {"first_answer": None, "resolution": None}


def test_a_timeline_comes_alone_and_an_unknown_one_is_not_found(desk: Desk) -> None:
    desk.hear(severe())
    with desk.db.read() as tx:
        told = cases.only_timeline(tx, id_of())
        assert (told["case_id"], [row["what"] for row in told["timeline"]]) == (id_of(), ["opened", "escalated"])
        for look in (cases.only_timeline, cases.case_with_timeline):
            with pytest.raises(NotFound):
                look(tx, id_of("never"))


def test_a_supervisor_is_saved_and_saved_again(desk: Desk) -> None:
    body = {"name": "Eve", "role": "supervisor", "regions": ["FR"], "languages": ["fr"]}
    for name in ("Eve", "Eve Martin"):
        people.put_supervisor(desk.db, a_request(body | {"name": name}), "eve")
    desk.hear(severe(customer=Customer(region="FR")))
    assert desk.case(id_of()).recipients == ("eve",)


def test_a_supervisor_s_codes_are_kept_in_one_spelling_and_once(desk: Desk) -> None:
    body = {"name": "Eve", "role": "supervisor", "regions": ["fr", "FR ", "*"], "languages": ["fr-FR", "FR", "en_GB"]}
    saved = json.loads(people.put_supervisor(desk.db, a_request(body), "eve").get_data())
    assert (saved["regions"], saved["languages"]) == (["FR", "*"], ["fr", "en"])


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
        people.put_supervisor(None, a_request(body), "eve")  # type: ignore[arg-type]
    assert pointers(caught.value) == {pointer}


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
    assert set(service.make(settings_with())) == {"policies", "links", "linter"}


def settings_with(keys: tuple[str, ...] = ("k1",), policy: Path = settings.SHIPPED_POLICY) -> settings.Settings:
    common = CommonSettings(
        "escalation", "127.0.0.1", 1, 2, "amqp://", "sqlite://", "", "", keys, "http://x", False, None, ""
    )
    return settings.Settings(common, policy, timedelta(days=7))
