"""Who was alerted and wishes to hears that somebody took the case: once, and by the channel that reached them."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import Contact, QuietHours, Wish
from services.notify.domain.outcomes import Permanent, Reason
from services.notify.domain.rules import Rules
from shared import clock
from shared.contracts.escalation import CaseResolved
from shared.contracts.intake import ComplaintForgotten
from shared.hours.calendar import Shift
from tests.harness.events import NOON
from tests.unit.notify.build import (
    CASE,
    EMAIL,
    SMS,
    Office,
    a_contact,
    acknowledged,
    escalated,
    handed_back,
    muted,
    snoozed,
)


def a_colleague(person: str, **changes: Any) -> Contact:
    return a_contact(person, wishes=frozenset({Wish.TAKEN}), **changes)


def resolved(by: str | None, revision: int = 3, at: datetime = NOON) -> CaseResolved:
    return CaseResolved(CASE, revision, at, 1, by)


def told_of_the_case(office: Office, *people: Contact, **changes: Any) -> None:
    office.know(a_contact("ann", email="ann.at.work@example.org"), *people)
    office.hear(escalated("ann", *(p.person for p in people), **changes))
    office.send()
    office.forget()


def test_those_who_were_told_hear_by_the_same_channel_that_somebody_took_it(office: Office):
    told_of_the_case(office, a_colleague("bob"), a_colleague("eve", email=None), a_contact("ray"))
    office.hear(acknowledged(), acknowledged())
    office.hear(acknowledged())
    office.send()
    assert [x.address for x in office.email.sent] == ["bob@example.org"]
    assert [x.address for x in office.sms.sent] == ["+420601234567"]
    assert office.sms.sent[0].text == f"Case {CASE[:8]} has been taken by Ann."
    said = office.email.sent[0].text
    assert f"Case {CASE[:8]} has been taken by Ann." in said and "2 Nov 2026, 12:00 UTC" in said
    assert [e.purpose for e in office.announced] == ["taken", "taken"]


def test_whoever_takes_it_is_not_told_so(office: Office):
    told_of_the_case(office, a_colleague("bob"))
    office.hear(replace(acknowledged(), by="bob"))
    office.send()
    assert office.addresses() == []


def test_it_goes_through_the_channel_that_reached_them_and_through_no_other(office: Office):
    bob = a_colleague("bob")
    office.email.script["bob@example.org"] = [Permanent(Reason.RECIPIENT_REFUSED)]
    told_of_the_case(office, bob)
    office.sms.script["+420601234567"] = [Permanent(Reason.RECIPIENT_REFUSED)]
    office.hear(replace(acknowledged(), by="somebody"))
    office.send()
    assert office.addresses() == ["+420601234567"]
    assert office.sms.sent[0].text.endswith("taken by somebody.")
    assert office.told() == ["alert.failed"], "nobody is called instead"


def test_given_up_because_nobody_tried_it_nobody_is_called_instead(office: Office):
    told_of_the_case(office, a_colleague("bob"))
    office.hear(acknowledged())
    office.wait(days=2)
    assert office.give_up() == 1
    office.send()
    assert (office.told(), office.addresses()) == (["alert.failed"], [])


def test_whoever_was_not_reached_hears_nothing(office: Office):
    office.know(a_colleague("bob"), a_colleague("eve"))
    office.email.script["bob@example.org"] = [Permanent(Reason.RECIPIENT_REFUSED)]
    office.sms.script["+420601234567"] = [Permanent(Reason.RECIPIENT_REFUSED)]
    office.hear(escalated("bob"))
    office.send()
    office.hear(escalated("eve", revision=3), acknowledged(4))
    office.forget()
    office.send()
    assert office.addresses() == []


@pytest.mark.parametrize("event", [snoozed(), handed_back(), muted(), resolved(None)])
def test_a_case_that_nobody_took_is_said_to_be_taken_by_nobody(office: Office, event: Any):
    told_of_the_case(office, a_colleague("bob"))
    office.hear(event)
    office.send()
    assert office.addresses() == []


def test_a_case_that_somebody_closes_at_once_was_taken_too(office: Office):
    told_of_the_case(office, a_colleague("bob"))
    office.hear(resolved("ann"))
    office.send()
    assert f"Case {CASE[:8]} is resolved, by Ann." in office.email.sent[0].text


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", [1, -1])
def test_taken_and_closed_is_told_once(office: Office, together: bool, order: int):
    told_of_the_case(office, a_colleague("bob"))
    events = [acknowledged(3), resolved("ann", 4)][::order]
    for batch in [events] if together else [[event] for event in events]:
        office.hear(*batch)
    office.send()
    assert office.addresses() == ["bob@example.org"]


def test_whoever_took_it_is_not_told_that_another_closed_it(office: Office):
    told_of_the_case(office, a_colleague("bob"))
    office.hear(replace(acknowledged(3), by="bob"))
    office.hear(resolved("ann", 4))
    office.send()
    assert office.addresses() == []


def test_an_acknowledgement_that_comes_behind_the_end_tells_nobody(office: Office):
    told_of_the_case(office, a_colleague("bob"))
    office.hear(resolved(None, 4))
    office.hear(acknowledged(3))
    office.send()
    assert office.addresses() == []


def test_alerted_anew_they_hear_anew_that_it_is_taken(office: Office):
    told_of_the_case(office, a_colleague("bob"))
    office.hear(acknowledged(3))
    office.hear(escalated("bob", revision=5))
    office.hear(acknowledged(6))
    office.send()
    assert office.addresses() == ["bob@example.org"], "not reached the second time, once in all"
    office.hear(escalated("bob", revision=7))
    office.send()
    office.forget()
    office.hear(acknowledged(8))
    office.send()
    assert office.addresses() == ["bob@example.org"]


def test_told_before_a_case_was_put_off_they_hear_of_the_one_who_takes_it_then(office: Office):
    told_of_the_case(office, a_colleague("bob"))
    office.hear(snoozed(3))
    office.hear(acknowledged(4))
    office.send()
    assert office.addresses() == ["bob@example.org"]


@pytest.mark.parametrize(
    ("event", "reason"),
    [(handed_back(4), Reason.HANDED_BACK), (ComplaintForgotten(CASE, 9, NOON), Reason.FORGOTTEN)],
)
def test_given_up_before_the_letter_left_it_is_not_sent(office: Office, event: Any, reason: Reason):
    told_of_the_case(office, a_colleague("bob"))
    office.hear(acknowledged(3))
    office.hear(event)
    office.send()
    assert office.addresses() == []
    assert office.announced[-1].reason == reason


@pytest.mark.parametrize("event", [snoozed(4), resolved("ann", 4)])
def test_what_its_taker_does_next_leaves_it_taken(office: Office, event: Any):
    told_of_the_case(office, a_colleague("bob"))
    office.hear(acknowledged(3))
    office.hear(event)
    office.send()
    assert office.addresses() == ["bob@example.org"]


def test_in_quiet_hours_it_waits_for_their_end(office: Office):
    told_of_the_case(office, a_colleague("bob"))
    now = clock.now()
    shift = Shift(frozenset(range(7)), (now - timedelta(hours=1)).time(), (now + timedelta(hours=3)).time())
    quiet = QuietHours((shift,), frozenset())
    office.know(a_colleague("bob", quiet=quiet))
    office.hear(acknowledged())
    office.send()
    assert office.addresses() == []
    office.wait(hours=3, minutes=1)
    office.send()
    assert office.addresses() == ["bob@example.org"]


@pytest.mark.parametrize(
    ("contact", "rules", "reason"),
    [
        ({}, Rules(frozenset({SMS})), Reason.NOT_CONFIGURED),
        ({"email": None}, Rules(frozenset({EMAIL, SMS})), Reason.NO_ADDRESS),
    ],
)
def test_a_channel_that_is_gone_ends_it(office: Office, contact: dict[str, Any], rules: Rules, reason: Reason):
    told_of_the_case(office, a_colleague("bob"))
    office.know(a_colleague("bob", **contact))
    office.rules = rules
    office.hear(acknowledged())
    office.send()
    assert office.addresses() == []
    assert office.announced[-1].reason == reason
    assert office.announced[-1].channel == ChannelName.EMAIL
