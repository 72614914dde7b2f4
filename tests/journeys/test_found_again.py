"""Operators find a complaint's whole way again, and hear of what could not be worked off."""

import orjson
import requests

from tests.harness.process import ANSWER_WITHIN, TOKEN, eventually
from tests.harness.system import KETTLE, System

TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_one_trace_leads_through_all_four_logs(system: System) -> None:
    system.start()
    body = {"source": "web", "external_id": "T-1", "text": KETTLE, "customer": {"region": "CZ", "language": "en"}}
    headers = {"Authorization": f"Bearer {TOKEN}", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    url = system.services["intake"].url
    accepted = requests.post(f"{url}/v1/complaints", json=body, headers=headers, timeout=ANSWER_WITHIN)
    complaint_id = accepted.json()["complaint_id"]
    system.wait_until_told("petr")
    system.settle()
    for service, happened in (("intake", "complaint.classified"), ("routing", "complaint.assigned"),
                              ("escalation", "case.escalated"), ("notify", "alert.accepted")):  # fmt: skip
        lines = [orjson.loads(line) for line in system.services[service].log().splitlines() if line.startswith("{")]
        (line,) = [each for each in lines if each.get("type") == happened]
        assert (line["complaint_id"], line["trace_id"], line["service"]) == (complaint_id, TRACE, service)


def test_no_log_holds_what_the_customer_wrote_or_where_people_are_reached(system: System) -> None:
    system.start()
    system.send(KETTLE + " canarybird", customer={"name": "Zdislava", "email": "z@example.org", "region": "CZ"})
    system.wait_until_told("petr")
    system.settle()
    for service in system:
        for secret in ("canarybird", "burned", "Zdislava", "z@example.org", "petr@example.org"):
            assert secret not in service.log()


def test_a_message_that_is_none_is_told_to_the_last_resort_once_for_a_while(system: System) -> None:
    system.start()
    for n in range(5):
        system.bus.raw("complaints", "complaint.submitted", b'{"neither": "fish"' + b" " * n)
    system.wait_until_told("duty")
    eventually(lambda: system.summary("intake")["plumbing"]["dead_letters"] == 5, "all five to be kept")
    system.settle()
    assert system.told("duty") == 1
