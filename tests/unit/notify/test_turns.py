"""Whose letter leaves first when many wait: the first of each person, and nobody behind a digest."""

from datetime import timedelta

import pytest

from services.notify.domain.folding import EACH
from services.notify.domain.outcomes import Accepted, Permanent, Reason
from services.notify.domain.places import LATELY
from services.notify.lines import SENDERS
from services.notify.senders import pace
from shared.contracts.event import Severity
from tests.unit.notify.build import Office, a_contact, escalated, warned
from tests.unit.notify.looks import cases, cases_in, sizes

ANN, PHONE = "ann@example.org", "+420601234567"
LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
REFUSED = Permanent(Reason.RECIPIENT_REFUSED, "550 5.1.1")


def test_first_alert_of_a_person_goes_alone_and_first(office: Office):
    office.know(a_contact())
    office.hear(*cases(20), *cases(1, severity=HIGH, start=50))
    office.send()
    assert sizes(office) == [1, 20]
    assert cases_in(office.email.sent[0]) == ["case-0050"]


def test_first_critical_alert_goes_alone_too(office: Office):
    office.know(a_contact())
    office.hear(escalated(case_id="before"))
    office.send()
    office.wait(seconds=30)
    office.forget()
    office.hear(*cases(20), *cases(3, severity=CRITICAL, start=50))
    office.send()
    assert sizes(office) == [1, 22]
    assert cases_in(office.email.sent[0]) == ["case-0050"]
    assert sorted(cases_in(office.email.sent[1])[:2]) == ["case-0051", "case-0052"]


def test_first_critical_alert_does_not_wait_while_others_are_gathered(office: Office):
    office.know(a_contact())
    office.hear(*cases(20))
    office.send()
    office.forget()
    office.hear(*cases(20, start=20), *cases(2, severity=CRITICAL, start=50))
    office.send()
    assert [cases_in(letter) for letter in office.email.sent] == [["case-0050"]]
    office.wait(seconds=pace.GATHER.total_seconds())
    office.send()
    assert sizes(office) == [1, 21]


@pytest.mark.parametrize(
    ("pause", "first"), [(LATELY - timedelta(seconds=1), [8]), (LATELY + timedelta(seconds=60), [1, 7])]
)
def test_whoever_was_called_by_nothing_lately_has_a_first_alert_again(office: Office, pause, first):
    office.know(a_contact())
    office.hear(*cases(1))
    office.send()
    office.wait(seconds=pause.total_seconds())
    office.forget()
    office.hear(*cases(8, start=1))
    office.send()
    assert sizes(office) == first


def test_person_whose_first_alert_failed_has_not_been_called(office: Office):
    office.know(a_contact(phone=None))
    office.email.script[ANN] = [REFUSED, Accepted()]
    office.hear(*cases(1))
    office.send()
    office.wait(seconds=30)
    office.forget()
    office.hear(*cases(8, start=1))
    office.send()
    assert sizes(office) == [1, 7]


def test_first_alert_of_everybody_leaves_before_anybodys_digest(office: Office):
    people = [f"person-{n}" for n in range(8)]
    office.know(*map(a_contact, people))
    for place, person in enumerate(people):
        office.hear(*cases(40, person, CRITICAL if place == 0 else MEDIUM, 100 * place))
    office.send()
    assert {letter.address.partition("@")[0] for letter in office.email.sent[:8]} == set(people)
    assert sizes(office)[:8] == [1] * 8


def test_whoever_is_named_late_does_not_wait_behind_everybodys_letters(office: Office):
    office.know(*[a_contact(f"person-{n}") for n in range(SENDERS)], a_contact("late"))
    waiting: list = []
    dispatcher = office.a_dispatcher(lambda send, job: waiting.append(lambda: send(job)))
    for n in range(SENDERS):
        office.hear(*cases(40, f"person-{n}", CRITICAL, 100 * n))
    dispatcher.send_due()
    assert len(waiting) == SENDERS
    office.hear(*cases(1, "late", LOW, 9000))
    waiting.pop(0)()
    assert dispatcher.send_due() == 1
    waiting.pop()()
    assert office.email.sent[-1].address == "late@example.org"


def test_no_person_takes_all_senders(office: Office):
    office.know(a_contact(email=None), a_contact("bob", email=None, phone="+420602222222"))
    waiting: list = []
    dispatcher = office.a_dispatcher(lambda send, job: waiting.append(lambda: send(job)))
    office.hear(*[warned(case_id=f"case-{n}", percent=100, severity=CRITICAL) for n in range(SENDERS + 5)])
    while dispatcher.send_due():
        pass
    assert len(waiting) == EACH
    office.hear(*cases(1, "bob", LOW, 9000))
    assert dispatcher.send_due() == 1
    waiting.pop()()
    assert office.sms.sent[-1].address == "+420602222222"


def test_dispatcher_goes_on_at_once_while_more_is_due(office: Office):
    people = [f"person-{n:02}" for n in range(SENDERS + 1)]
    office.know(*map(a_contact, people))
    office.hear(*[event for n, person in enumerate(people) for event in cases(10, person, start=100 * n)])
    turns = 0
    office.dispatcher.send_due()
    while office.dispatcher.may_go_on() and turns < 10:
        office.dispatcher.send_due()
        turns += 1
    assert turns < 10
    assert office.told() == ["alert.accepted"] * 10 * len(people)


def test_idle_dispatcher_does_not_go_on(ann: Office):
    assert ann.dispatcher.send_due() == 0
    assert not ann.dispatcher.may_go_on()
    ann.hear(*cases(8))
    ann.dispatcher.send_due()
    ann.hear(*cases(8, start=20))
    assert ann.dispatcher.send_due() == 0
    assert not ann.dispatcher.may_go_on()
