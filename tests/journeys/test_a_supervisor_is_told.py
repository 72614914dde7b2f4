"""The promise to the customer, end to end: who needs a supervisor reaches one, and it climbs until somebody answers."""

import re
from datetime import datetime, timedelta

import requests

from ombud.local.broker import PrivateBroker
from tests.harness.process import ANSWER_WITHIN, at_once, eventually
from tests.harness.servers import stopped
from tests.harness.system import KETTLE, MILD, System


def link_in(mail: dict[str, str]) -> str:
    found = re.search(r"http://\S+/a/\S+", mail["text"])
    assert found, mail["text"]
    return found[0]


def test_a_severe_complaint_reaches_the_supervisor_of_its_region_and_whoever_acknowledges_it_has_it(
    system_on_both: System,
) -> None:
    system = system_on_both.start()
    complaint_id = system.send(KETTLE)
    (mail,) = system.wait_until_told("petr")
    assert complaint_id in mail["text"] and "critical" in mail["subject"].lower()
    eventually(lambda: system.assignment(complaint_id).get("state") == "assigned", "an agent")
    assert (system.told("karin"), system.told("max")) == (0, 0)
    answer = system.call("escalation", "POST", f"/v1/cases/{complaint_id}/acknowledge", {"by": "karin"})
    assert answer.ok, answer.text
    second = system.call("escalation", "POST", f"/v1/cases/{complaint_id}/acknowledge", {"by": "max"})
    assert second.ok and "karin" in second.text


def test_a_mild_complaint_gets_an_agent_and_wakes_nobody_until_it_is_overdue(system: System) -> None:
    system.start()
    complaint_id = system.send(MILD)
    eventually(lambda: system.assignment(complaint_id).get("state") == "assigned", "an agent")
    eventually(lambda: system.case(complaint_id).get("state") == "open", "the case")
    system.settle()
    assert system.mail.messages() == []
    system.advance(days=3)
    system.wait_until_told("petr")
    assert "overdue" in str(system.case(complaint_id))


def test_nobody_answers_and_the_case_climbs_to_the_top_and_then_the_last_resort_hears(system: System) -> None:
    system.start()
    complaint_id = system.send(KETTLE)
    for person in ("petr", "karin", "max"):
        system.wait_until_told(person)
        system.advance(minutes=16)
    system.wait_until_told("duty")
    eventually(lambda: system.case(complaint_id)["state"] == "exhausted", "the case to be exhausted")
    assert [system.told(p) for p in ("petr", "karin", "max", "duty")] == [1, 1, 1, 1]


def test_just_before_the_deadline_nobody_else_is_told(system: System) -> None:
    system.start()
    complaint_id = system.send(KETTLE)
    system.wait_until_told("petr")
    case = system.case(complaint_id)
    due_at = datetime.fromisoformat(case["respond_by"])
    assert due_at - datetime.fromisoformat(case["escalated_at"]) == timedelta(minutes=10)
    system.advance(seconds=(due_at - system.now()).total_seconds() - 20)
    system.settle()
    assert system.told("karin") == 0 or system.now() >= due_at
    system.advance(seconds=21)
    system.wait_until_told("karin")
    _, climbed = [step for step in system.case(complaint_id)["timeline"] if step["what"] == "escalated"]
    assert datetime.fromisoformat(climbed["at"]) >= due_at


def test_acknowledged_by_the_link_the_next_level_is_never_told(system: System) -> None:
    system.start()
    complaint_id = system.send(KETTLE)
    (mail,) = system.wait_until_told("petr")
    page = requests.get(link_in(mail), timeout=ANSWER_WITHIN)
    assert page.ok and system.case(complaint_id)["state"] == "escalated", "looking changes nothing"
    assert requests.post(link_in(mail), timeout=ANSWER_WITHIN).ok
    assert system.case(complaint_id)["state"] == "acknowledged"
    system.advance(minutes=30)
    system.settle()
    assert (system.told("karin"), system.told("max")) == (0, 0)


def test_every_service_restarts_in_between_and_the_next_level_is_still_told_once(system: System) -> None:
    system.start()
    system.send(KETTLE)
    system.wait_until_told("petr")
    for service in system:
        service.kill()
    system.advance(minutes=11)
    at_once(system)
    system.wait_until_told("karin")
    system.settle()
    assert (system.told("petr"), system.told("karin"), system.told("max")) == (1, 1, 0)


def test_routing_is_down_and_the_supervisor_still_hears_of_it(system: System) -> None:
    system.start("intake", "escalation", "notify")
    complaint_id = system.send(KETTLE)
    system.wait_until_told("petr")
    system.services["routing"].start()
    system.apply_roster("routing")
    eventually(lambda: system.assignment(complaint_id).get("state") == "assigned", "an agent, later")


def test_the_broker_is_away_and_intake_goes_on_accepting(system: System, broker: PrivateBroker) -> None:
    system.start()
    with stopped(broker):
        complaint_id = system.send(KETTLE)
    mail = system.wait_until_told("petr")
    assert complaint_id in mail[0]["text"]


def test_a_second_contact_that_asks_for_the_manager_escalates_a_mild_complaint(system: System) -> None:
    system.start()
    complaint_id = system.send(MILD, "W-7")
    system.settle()
    body = {"text": "Still nothing. I want to speak to your manager."}
    assert system.call("intake", "POST", f"/v1/complaints/{complaint_id}/contacts", body).status_code == 202
    system.wait_until_told("petr")
    eventually(lambda: system.case(complaint_id)["state"] == "escalated", "the case")


def test_resolved_upstream_nobody_is_told_any_more_and_the_agent_is_free(system: System) -> None:
    """Also if that was said before it came in: then nobody at all is told, and the next one still is."""
    system.start()
    system.step("complaint.resolved", "W-9", by="agent 7")
    early = system.send(KETTLE, "W-9")
    eventually(lambda: system.case(early).get("state") == "resolved", "the case")
    system.settle()
    assert system.mail.messages() == []
    complaint_id = system.send(KETTLE, "W-8")
    system.wait_until_told("petr")
    system.step("complaint.resolved", "W-8", by="agent 7")
    eventually(lambda: system.case(complaint_id)["state"] == "resolved", "the case")
    eventually(lambda: system.assignment(complaint_id)["state"] == "released", "the agent")
    system.advance(minutes=30)
    system.settle()
    assert system.told("karin") == 0


def test_the_same_complaint_sent_three_times_is_one_complaint_and_one_alert(system: System) -> None:
    system.start()
    ids = {system.send(KETTLE, "W-11") for _ in range(3)}
    assert len(ids) == 1
    system.wait_until_told("petr")
    system.settle()
    assert system.told("petr") == 1
    assert system.summary("intake")["complaints"] == 1
