"""An escalation that escalation's auditor announced once more: the same escalation in another event is planned once."""

from dataclasses import replace

from services.notify.domain.alert import AlertState
from tests.unit.notify.build import Office, a_contact, acknowledged, escalated

PENDING = AlertState.PENDING


def test_announced_again_before_it_was_sent_it_is_sent_once(office: Office) -> None:
    office.know(a_contact("ann"), a_contact("bob", email=None))
    event = escalated("ann", "bob")
    office.hear(event)
    office.hear(replace(event, case_revision=event.case_revision + 1))
    assert office.alerts() == {("ann", "email"): PENDING, ("bob", "sms"): PENDING}
    office.send()
    assert office.addresses() == ["ann@example.org", "+420601234567"]


def test_announced_again_after_it_was_sent_it_is_not_sent_again(office: Office) -> None:
    office.know(a_contact("ann"))
    event = escalated("ann")
    office.hear(event)
    office.send()
    office.hear(event)
    office.send()
    assert office.addresses() == ["ann@example.org"]
    assert office.told() == ["alert.accepted"]


def test_announced_again_where_nobody_could_be_reached_it_says_so_once(office: Office) -> None:
    event = escalated("stranger")
    office.hear(event)
    office.hear(event)
    assert office.told() == ["alert.failed", "escalation.unreachable"]


def test_announced_again_after_the_answer_it_tells_nobody(office: Office) -> None:
    office.know(a_contact("ann"))
    office.hear(acknowledged(revision=3))
    office.hear(escalated("ann", revision=2))
    office.send()
    assert office.addresses() == []


def test_the_next_round_is_another_escalation_and_is_told(office: Office) -> None:
    office.know(a_contact("ann"))
    office.hear(escalated("ann", revision=2))
    office.send()
    office.hear(escalated("ann", revision=4))
    office.send()
    assert office.addresses() == ["ann@example.org"] * 2
