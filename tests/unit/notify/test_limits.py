"""How many calls a person gets: beyond the limit the next channel, within a window one letter."""

from datetime import timedelta

import pytest

from services.notify.domain.outcomes import Accepted, Permanent, Reason
from services.notify.domain.policy import Limit
from shared.contracts.event import Severity
from tests.unit.notify.build import EMAIL, SMS, Office, a_contact, acknowledged, escalated, warned
from tests.unit.notify.looks import with_policy

ANN, PHONE = "ann@example.org", "+420601234567"
HIGH, CRITICAL = Severity.HIGH, Severity.CRITICAL
REFUSED = Permanent(Reason.RECIPIENT_REFUSED, "550 5.1.1")
HOUR = timedelta(hours=1)


# -- limits -----------------------------------------------------------------------------------------------------------


def test_calls_beyond_the_limit_take_the_next_channel_and_then_climb(office: Office):
    with_policy(office, person_limits={EMAIL: Limit(2, HOUR), SMS: Limit(1, HOUR)})
    office.know(a_contact())
    for n in range(4):
        office.hear(escalated(case_id=f"case-{n}"))
        office.send()
    assert office.addresses().count(ANN) == 2
    assert office.addresses().count(PHONE) == 1
    assert office.told()[-3:] == ["alert.suppressed", "alert.suppressed", "escalation.unreachable"]
    assert office.announced[-1].reasons == ("throttled",)


def test_calls_of_one_batch_count_too(office: Office):
    with_policy(office, person_limits={EMAIL: Limit(2, HOUR)})
    office.know(a_contact(phone=None))
    office.hear(*[escalated(case_id=f"case-{n}") for n in range(3)])
    assert office.told() == ["alert.suppressed", "escalation.unreachable"]


def test_calls_whose_first_channel_failed_together_count_too(office: Office):
    with_policy(office, person_limits={SMS: Limit(1, HOUR)})
    office.know(a_contact())
    office.hear(*[escalated(case_id=f"case-{n}") for n in range(2)])
    office.wait(minutes=16)
    assert office.give_up() == 2
    assert office.told() == ["alert.failed"] * 2 + ["alert.suppressed", "escalation.unreachable"]


def test_digest_counts_as_one_letter(office: Office):
    with_policy(office, person_limits={EMAIL: Limit(7, HOUR)})
    office.know(a_contact(phone=None))
    office.hear(*[escalated(case_id=f"case-{n:02}") for n in range(30)])
    office.send()  # the first one, and a digest of the rest
    assert len(office.email.sent) == 2
    office.wait(seconds=3)
    office.forget()
    office.hear(*[escalated(case_id=f"more-{n}") for n in range(5)])
    assert office.announced == []
    office.hear(warned())
    office.send()
    assert len(office.email.sent) == 5


@pytest.mark.parametrize(("pause", "told"), [(HOUR - timedelta(seconds=5), 1), (HOUR + timedelta(seconds=5), 2)])
def test_limit_forgets_what_is_long_ago_and_what_failed(office: Office, pause, told):
    with_policy(office, person_limits={EMAIL: Limit(1, HOUR)})
    office.know(a_contact(phone=None))
    office.email.script[ANN] = [REFUSED, Accepted()]
    office.hear(escalated(case_id="failed"))
    office.send()
    office.hear(escalated(case_id="one"))
    office.send()
    office.wait(seconds=pause.total_seconds())
    office.hear(escalated(case_id="two"))
    office.send()
    assert office.told().count("alert.accepted") == told


def test_critical_call_is_never_dropped_for_a_limit(office: Office):
    with_policy(office, person_limits={EMAIL: Limit(1, HOUR), SMS: Limit(1, HOUR)})
    office.know(a_contact())
    office.email.script[ANN] = [Accepted("1"), REFUSED]
    for n in range(4):
        office.hear(escalated(case_id=f"case-{n}", severity=CRITICAL))
        office.send()
    assert office.told().count("alert.accepted") == 4
    assert "escalation.unreachable" not in office.told()


# -- gathering --------------------------------------------------------------------------------------------------------


def test_what_comes_in_one_window_leaves_as_one_letter_from_two_on_and_critical_ones_at_once(office: Office):
    office.know(a_contact(gather=timedelta(minutes=2)))
    office.hear(escalated(case_id="one"), escalated(case_id="two"), escalated(case_id="bad", severity=CRITICAL))
    office.send()
    assert [letter.case_id for letter in office.email.sent] == ["bad"]
    office.wait(minutes=2)
    office.send()
    assert [letter.case_id for letter in office.email.sent] == ["bad", ""]


def test_first_call_of_somebody_is_gathered_with_the_second(office: Office):
    office.know(a_contact(gather=timedelta(minutes=2)))
    office.hear(escalated(case_id="one"))
    office.hear(escalated(case_id="two"))
    office.wait(minutes=2)
    office.send()
    assert [letter.case_id for letter in office.email.sent] == [""]


def test_one_alone_leaves_as_a_letter_of_its_own(office: Office):
    office.know(a_contact(gather=timedelta(minutes=2)))
    office.hear(escalated(case_id="one"))
    office.wait(minutes=2)
    office.send()
    assert [letter.case_id for letter in office.email.sent] == ["one"]


def test_answer_while_it_is_gathered_takes_it_out(office: Office):
    office.know(a_contact(gather=timedelta(minutes=2)))
    office.hear(escalated(), escalated(case_id="two"))
    office.hear(acknowledged())
    office.wait(minutes=2)
    office.send()
    assert [letter.case_id for letter in office.email.sent] == ["two"]
