"""Two complaints are one matter: one agent, one case, and whoever must be told is told for the one that goes on."""

from tests.harness.process import eventually
from tests.harness.system import KETTLE, MILD, System


def test_a_severe_complaint_is_merged_into_a_mild_one(system_on_both: System) -> None:
    system = system_on_both.start()
    severe, mild = system.send(KETTLE, "M-1"), system.send(MILD, "M-2", channel="web")
    system.wait_until_told("petr")
    answer = system.call("intake", "POST", f"/v1/complaints/{severe}/merge", {"into": mild})
    assert answer.ok, answer.text
    eventually(lambda: system.case(severe)["state"] == "resolved", "the case that ends", system.logs)
    eventually(lambda: system.case(mild)["state"] == "escalated", "the case that goes on", system.logs)
    eventually(lambda: system.assignment(severe)["state"] == "released", "the agent of the one that ends")
    assert system.assignment(mild)["state"] == "assigned" and system.case(severe)["ending"] == "merged"
    eventually(lambda: system.told("petr") == 2, "petr to hear of the one that goes on", system.logs)
    system.advance(minutes=11)
    eventually(lambda: system.told("karin") == 1, "the next level, for the one that goes on")
    system.settle()
    assert mild in system.mail.messages("karin@")[0]["text"] and system.told("karin") == 1
    load = system.call("routing", "GET", "/v1/agents/jana").json()["load"]
    assert load == 1


def test_merged_while_routing_is_down_it_never_gets_an_agent(system: System) -> None:
    system.start("intake", "escalation", "notify")
    one, other = system.send(MILD, "M-3"), system.send("Where is my order? Nobody tells me.", "M-4")
    assert system.call("intake", "POST", f"/v1/complaints/{one}/merge", {"into": other}).ok
    system.services["routing"].start()
    system.apply_roster("routing")
    eventually(lambda: system.assignment(other).get("state") == "assigned", "an agent for the one that goes on")
    system.settle()
    assert (system.assignment(one)["state"], system.assignment(one)["agent"]) == ("released", None)
    assert system.call("routing", "GET", "/v1/agents/jana").json()["load"] == 1
