"""What could not be worked off is told, seen, mended and worked off: once."""

from collections.abc import Callable
from typing import Any

import amqp
import orjson
import pytest

from shared.contracts.topology import SERVICES
from tests.harness.events import a_classified
from tests.harness.process import TOKEN, eventually
from tests.harness.system import KETTLE, System
from tests.integration.ombud.conftest import Result, environment, ombud

__all__ = ["environment", "ombud"]
LETTERS = "/v1/dead-letters"


def deadletters(ombud: Callable[..., Result], system: System, *args: str, feed: str = "") -> Any:
    """What the command answers, as JSON."""
    urls = {f"OMBUD_{name.upper()}_URL": system.services[name].url for name in SERVICES}
    result = ombud("deadletters", *args, "--json", feed=feed, OMBUD_API_TOKEN=TOKEN, **urls)
    assert result.returncode == 0, result
    return orjson.loads(result.stdout)


def test_a_broken_complaint_is_told_shown_corrected_and_then_escalated_once(
    system: System, ombud: Callable[..., Result]
) -> None:
    system.start()
    complaint = {
        "source": "branch",
        "external_id": "B-1",
        "txt": KETTLE,
        "customer": {"region": "CZ", "language": "en"},
    }
    system.bus.raw(
        "complaints", "complaint.submitted", orjson.dumps(complaint), {"ce-id": "B-1", "ce-source": "branch"}
    )
    system.wait_until_told("duty")
    (letter,) = deadletters(ombud, system, "list", "--since", "1h")
    shown = deadletters(ombud, system, "show", letter["id"])
    assert (shown["service"], shown["error"]) == ("intake", "/text: Missing data for required field.")
    corrected = shown["body"].replace('"txt"', '"text"')
    outcome = deadletters(ombud, system, "replay", letter["id"], "--body", "-", feed=corrected)
    assert outcome["worked_off"] == [letter["id"]]
    system.wait_until_told("petr")
    system.bus.raw("complaints", "complaint.submitted", corrected.encode(), {"ce-id": "B-1", "ce-source": "branch"})
    system.settle()
    assert system.told("petr") == system.told("duty") == 1
    (case,) = system.call("escalation", "GET", "/v1/cases").json()["cases"]
    assert (case["level"], case["severity"]) == (1, "critical")
    assert deadletters(ombud, system, "list") == []


def give_up(system: System, queue: str) -> amqp.Message:
    """What the broker does with a message of which every consumer dies."""
    message = None
    while message is None:
        message = system.bus.channel.basic_get(queue)
    system.bus.channel.basic_reject(message.delivery_tag, requeue=False)
    return message


def test_what_the_broker_gave_up_on_goes_back_to_the_service_that_died_of_it(system: System) -> None:
    system.start("notify")
    event = a_classified("given-up")
    system.bus.publish(event)
    give_up(system, "routing.intake.v1")
    eventually(lambda: system.summary("notify")["plumbing"]["dead_letters"] == 1, "the letter", system.logs)
    (letter,) = system.call("notify", "GET", LETTERS).json()["dead_letters"]
    assert (letter["reason"], letter["queue"]) == ("given_up", "notify.dead-letters.v1")
    replayed = system.call("notify", "POST", f"{LETTERS}/{letter['id']}/replay")
    assert (replayed.status_code, replayed.json()["queue"]) == (202, "routing.intake.v1"), replayed.text
    system.services["routing"].start()
    eventually(lambda: system.assignment(event.complaint_id) != {}, "routing to know it", system.logs)
    assert system.bus.waiting("escalation.intake.v1") == 1, "only the queue that it came from got it again"
    assert system.summary("notify")["plumbing"] == {"outbox": 0, "retries": 0, "dead_letters": 0}


BARE = {"source": "branch", "external_id": "B-2", "text": "Where is it?"}
STRUCTURED = {"specversion": "1.0", "id": "1", "source": "branch", "type": "complaint.submitted", "data": BARE}


@pytest.mark.parametrize(
    ("complaint", "content_type"), [(BARE, "text/plain"), (STRUCTURED, "application/cloudevents+json")]
)
def test_in_whatever_form_it_was_given_up_it_still_says_what_it_is(
    system: System, complaint: dict[str, Any], content_type: str
) -> None:
    """A bare one has its type in the routing key alone, which on the way straight into a queue is the queue's name."""
    system.start("notify")
    system.bus.raw("complaints", "complaint.submitted", orjson.dumps(complaint), content_type=content_type)
    give_up(system, "intake.complaints.v1")
    eventually(lambda: system.summary("notify")["plumbing"]["dead_letters"] == 1, "the letter", system.logs)
    (letter,) = system.call("notify", "GET", LETTERS).json()["dead_letters"]
    assert system.call("notify", "POST", f"{LETTERS}/{letter['id']}/replay").status_code == 202
    system.services["intake"].start()
    eventually(lambda: system.summary("intake")["complaints"] == 1, "the complaint", system.logs)


def test_what_is_sent_back_waits_in_the_outbox_until_its_queue_is_there(system: System) -> None:
    system.start("notify")
    system.bus.publish(a_classified("given-up"))
    give_up(system, "routing.intake.v1")
    eventually(lambda: system.summary("notify")["plumbing"]["dead_letters"] == 1, "the letter", system.logs)
    (letter,) = system.call("notify", "GET", LETTERS).json()["dead_letters"]
    system.bus.channel.queue_delete("routing.intake.v1")
    assert system.call("notify", "POST", f"{LETTERS}/{letter['id']}/replay").status_code == 202
    returned = "ombud_outbox_returned_total"
    eventually(lambda: system.services["notify"].metric(returned) == 1, "it to be returned", system.logs)
    eventually(lambda: system.summary("notify")["plumbing"]["outbox"] == 0, "the outbox to be empty", system.logs)
    assert system.bus.waiting("routing.intake.v1") == 1
