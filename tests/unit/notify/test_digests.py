"""Several alerts that wait for one person become one mail, and each keeps its own outcome."""

from dataclasses import replace

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.notify.domain.alert import AlertState, ChannelName
from services.notify.domain.folding import EACH, FEW, FOLD, Openings, letters
from services.notify.domain.outcomes import Accepted, Ambiguous, Permanent, Reason, Temporary
from services.notify.domain.routes import next_alerts
from services.notify.domain.rules import Rules
from services.notify.lines import SENDERS
from services.notify.senders import pace
from services.notify.watch import overview
from shared import links
from shared.contracts.event import Severity
from tests.harness.events import NOON
from tests.unit.notify.build import CASE, Office, a_contact, acknowledged, an_escalation, escalated, warned
from tests.unit.notify.looks import cases, cases_in, claims_in, sizes

PENDING, ACCEPTED, FAILED = AlertState.PENDING, AlertState.ACCEPTED, AlertState.FAILED
SUPPRESSED, AMBIGUOUS, HANDED_OFF = AlertState.SUPPRESSED, AlertState.AMBIGUOUS, AlertState.HANDED_OFF
ANN, PHONE = "ann@example.org", "+420601234567"
LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL
REFUSED = Permanent(Reason.RECIPIENT_REFUSED, "550 5.1.1")
AWAY = Temporary(Reason.PROVIDER_AWAY)
LOST = Ambiguous(Reason.NO_ANSWER)


def states(office: Office) -> list[AlertState]:
    """Of every alert, in the order of the cases, mail before text message."""
    with office.db.read() as tx:
        rows = tx.execute(office.alerts_table.select().order_by("case_id", "channel")).all()
    return [AlertState(row.state) for row in rows]


@pytest.mark.parametrize(("channel", "number"), [(ChannelName.EMAIL, 1), (ChannelName.SMS, FEW + 1)])
def test_what_may_have_arrived_is_folded_apart_and_asked_for_one_by_one(channel, number):
    rules = Rules(frozenset({channel}))
    calls = [an_escalation(id=f"esc-{n}", case_id=f"case-{n}") for n in range(FEW + 1)]
    contact = a_contact(channels=(channel,))
    planned = [a for e in calls for a in next_alerts(e, "ann", contact, frozenset(), rules, NOON)]
    doubtful = [replace(a, doubts=1) for a in planned]
    assert len(letters({"ann": doubtful}, Openings(free=SENDERS), channel)) == number


def test_few_alerts_are_letters_of_their_own(ann: Office):
    ann.hear(*cases(FEW))
    ann.send()
    assert sizes(ann) == [1] * FEW
    assert {letter.case_id for letter in ann.email.sent} == {f"case-{n:04}" for n in range(FEW)}


def test_one_more_and_all_are_one_mail(ann: Office):
    ann.hear(*cases(FEW + 1))
    ann.send()
    assert sizes(ann) == [FEW + 1]
    assert ann.told() == ["alert.accepted"] * (FEW + 1)
    assert {event.case_id for event in ann.announced} == {f"case-{n:04}" for n in range(FEW + 1)}


def test_most_severe_stand_first_then_the_oldest(ann: Office):
    ann.hear(*cases(3, severity=LOW))
    ann.hear(*cases(3, severity=HIGH, start=10))
    ann.hear(*cases(3, severity=CRITICAL, start=20))
    ann.send()
    order = cases_in(ann.email.sent[0])
    assert [case_id[:-1] for case_id in order] == ["case-002"] * 3 + ["case-001"] * 3 + ["case-000"] * 3


def test_subject_says_how_many_and_how_bad(ann: Office):
    ann.hear(*cases(6), *cases(1, severity=HIGH, start=10))
    ann.send()
    assert ann.email.sent[0].subject == "[High] 7 cases wait for you"


@pytest.mark.parametrize("part", ["text", "html"])
def test_each_case_has_its_own_link_that_names_alert_level_and_person(ann: Office, part: str):
    ann.hear(*cases(20))
    ann.send()
    with ann.db.read() as tx:
        rows = tx.execute(ann.alerts_table.select().where(ann.alerts_table.c.case_id != "before")).all()
    wanted = {links.Claim(r.id, r.case_id, r.escalation_id, r.level, "ann") for r in rows}
    found = claims_in(getattr(ann.email.sent[0], part))
    assert (set(found), len(found)) == (wanted, 20)


def test_digest_has_an_id_of_its_content_and_no_thread(ann: Office):
    ann.email.script[ANN] = [AWAY, AWAY, Accepted()]
    ann.hear(*cases(8))
    for _ in range(3):
        ann.dispatcher.send_due()
        ann.wait(seconds=5)
    first, again, last = ann.email.sent
    assert first.alert_id == again.alert_id == last.alert_id
    assert (first.case_id, len({c.alert_id for c in claims_in(first.text)})) == ("", 8)
    assert first.alert_id not in {claim.alert_id for claim in claims_in(first.text)}
    ann.wait(seconds=5)
    ann.forget()
    ann.hear(*cases(8, start=20))
    ann.send()
    assert ann.email.sent[0].alert_id != first.alert_id


def test_accepted_alerts_tell_which_mail_they_are_in(ann: Office):
    ann.email.script[ANN] = [Accepted()]
    ann.hear(*cases(8))
    ann.send()
    with ann.db.read() as tx:
        query = ann.alerts_table.select().where(ann.alerts_table.c.case_id != "before")
        assert {row.provider_id for row in tx.execute(query)} == {ann.email.sent[0].alert_id}


def test_name_that_the_provider_gave_is_kept(ann: Office):
    ann.email.script[ANN] = [Accepted("queue-4711")]
    ann.hear(*cases(8))
    ann.send()
    with ann.db.read() as tx:
        query = ann.alerts_table.select().where(ann.alerts_table.c.case_id != "before")
        assert {row.provider_id for row in tx.execute(query)} == {"queue-4711"}


def test_case_that_was_answered_before_the_hand_off_is_left_out(ann: Office):
    ann.email.before_hand_off = lambda: ann.hear(acknowledged(case_id="case-0003"))
    ann.hear(*cases(8))
    ann.send()
    (letter,) = ann.email.sent
    assert sorted(cases_in(letter)) == sorted({f"case-{n:04}" for n in range(8)} - {"case-0003"})
    assert letter.subject == "[Medium] 7 cases wait for you"
    assert "case-0003" not in {claim.case_id for claim in claims_in(letter.html)}
    assert sorted(ann.told()) == ["alert.accepted"] * 7 + ["alert.suppressed"]


def test_one_case_that_is_left_is_a_letter_of_its_own(ann: Office):
    ann.email.before_hand_off = lambda: ann.hear(*[acknowledged(case_id=f"case-{n:04}") for n in range(7)])
    ann.hear(*cases(8))
    ann.send()
    (letter,) = ann.email.sent
    assert (letter.case_id, letter.subject) == ("case-0007", "[Medium] privacy and security, case-000, level 1")


def test_digest_of_which_all_was_answered_does_not_leave(ann: Office):
    ann.email.before_hand_off = lambda: ann.hear(*[acknowledged(case_id=f"case-{n:04}") for n in range(8)])
    ann.hear(*cases(8))
    with capture_logs() as logged:
        ann.send()
    assert ann.email.sent == []
    assert ann.told() == ["alert.suppressed"] * 8
    assert [(line["event"], line["log_level"]) for line in logged] == [("alert_withdrawn", "info")]


def test_digest_that_failed_for_now_is_folded_anew_with_what_came_meanwhile(ann: Office):
    ann.email.script[ANN] = [AWAY, Accepted()]
    ann.hear(*cases(8))
    ann.send()
    assert (ann.told(), states(ann)[1:]) == ([], [PENDING] * 8)
    ann.hear(*cases(4, start=20), acknowledged(case_id="case-0000"))
    ann.wait(seconds=5)
    ann.send()
    assert sizes(ann) == [8, 11]
    assert sorted(ann.told()) == ["alert.accepted"] * 11 + ["alert.suppressed"]


def test_digest_that_is_refused_fails_each_alert_and_takes_the_next_channel(ann: Office):
    ann.email.script[ANN] = [REFUSED]
    ann.hear(*cases(8))
    ann.send()
    assert states(ann)[1:] == [FAILED, ACCEPTED] * 8
    assert [letter.case_id for letter in ann.sms.sent] == [ann.sms.sent[0].case_id, ""]  # the first one is alone
    assert sorted(ann.told()) == ["alert.accepted"] * 8 + ["alert.failed"] * 8


def test_digest_whose_answer_is_lost_is_ambiguous_for_each(ann: Office):
    ann.email.script[ANN] = [LOST]
    ann.hear(*cases(8))
    ann.send()
    assert states(ann)[1:] == [AMBIGUOUS, ACCEPTED] * 8


def test_digest_that_was_claimed_and_not_handed_off_is_sent_after_all(ann: Office):
    ann.hear(*cases(8))
    ann.claim()
    ann.wait(seconds=61)
    assert ann.reap() == 8
    ann.wait(seconds=2)
    ann.send()
    assert sizes(ann) == [8]


def test_sender_whose_digest_was_claimed_anew_sends_none_of_it(ann: Office):
    ann.hear(*cases(8))
    waiting: list = []
    slow = ann.a_dispatcher(lambda send, job: waiting.append(lambda: send(job)))
    slow.send_due()
    ann.wait(seconds=61)
    ann.reap()
    ann.wait(seconds=2)
    ann.send()
    waiting.pop()()
    assert sizes(ann) == [8]
    assert ann.told() == ["alert.accepted"] * 8


def test_bug_in_the_channel_ends_each_alert(ann: Office):
    ann.email.script[ANN] = [KeyError("bug")]
    ann.hear(*cases(8))
    ann.send()
    assert states(ann)[1:] == [AMBIGUOUS, ACCEPTED] * 8


def test_nothing_but_calls_is_folded(ann: Office):
    ann.hear(*[warned(case_id=f"case-{n:04}", warning_id=f"w-{n}") for n in range(8)])
    ann.send()
    assert sorted(letter.case_id for letter in ann.email.sent) == [f"case-{n:04}" for n in range(8)]


def test_warnings_do_not_count_as_calls_that_wait(ann: Office):
    ann.hear(*cases(FEW), *[warned(case_id=f"case-{n:04}", warning_id=f"w-{n}") for n in range(3)])
    ann.send()
    assert sizes(ann) == [1] * (FEW + 3)


def test_warnings_stay_behind_calls_and_out_of_digests(office: Office):
    office.know(a_contact(), a_contact("bob"))
    office.hear(warned("ann", case_id="warned", severity=CRITICAL), *cases(8), *cases(1, "bob", LOW, 20))
    office.send()
    assert [letter.case_id for letter in office.email.sent] == ["case-0000", "case-0020", "", "warned"]


@pytest.mark.parametrize(("calls", "letters"), [(FEW, FEW), (FEW + 1, 1), (10, 1), (11, 2)])
def test_text_messages_are_folded_by_ten(office: Office, calls: int, letters: int):
    office.know(a_contact(email=None))
    office.hear(escalated(case_id="before", severity=CRITICAL))
    office.send()
    office.forget()
    office.hear(*cases(calls))
    office.send()
    assert len(office.sms.sent) == letters


@pytest.mark.parametrize("channel", [ChannelName.WEBHOOK, ChannelName.APPRISE])
def test_what_programs_read_is_never_folded(channel: ChannelName):
    escalation = an_escalation(severity=LOW)
    (alert,) = next_alerts(
        escalation,
        "ann",
        a_contact(channels=(channel,), addresses={channel: "x"}),
        frozenset(),
        Rules(frozenset({channel})),
        NOON,
    )
    due = [replace(alert, id=str(n)) for n in range(20)]
    assert letters({"ann": due}, Openings(30), channel) == [(a,) for a in due[:EACH]]


def test_digest_holds_no_more_than_a_mailbox_shows_and_the_rest_follows(ann: Office):
    ann.hear(*cases(2 * FOLD + 10))
    ann.send()
    assert sizes(ann) == [FOLD, FOLD, 10]
    assert max(len(letter.html.encode()) for letter in ann.email.sent) < 102_000


def test_what_comes_behind_a_digest_is_gathered_for_a_while(ann: Office):
    ann.hear(*cases(8))
    ann.send()
    for n in range(8):
        ann.hear(*cases(1, start=100 + n))
        ann.send()
    assert sizes(ann) == [8]
    ann.wait(seconds=pace.GATHER.total_seconds())
    ann.send()
    assert sizes(ann) == [8, 8]


def test_few_letters_one_by_one_are_not_gathered_and_the_next_are(ann: Office):
    for n in range(FEW + 3):
        ann.hear(*cases(1, start=n))
        ann.send()
    assert sizes(ann) == [1] * FEW
    ann.wait(seconds=pace.GATHER.total_seconds())
    ann.send()
    assert sizes(ann) == [1] * (FEW + 3)


def test_what_cannot_be_gathered_does_not_wait(ann: Office):
    ann.hear(*cases(8))
    ann.send()
    ann.hear(warned(case_id="warned"))
    ann.send()
    assert ann.email.sent[-1].case_id == "warned"


@pytest.mark.parametrize(
    ("outcome", "counted", "alerts"),
    [(Accepted(), "accepted", 8), (REFUSED, "failed", 0), (AWAY, "retried", 0), (LOST, "ambiguous", 0)],
)
def test_digests_are_counted_with_what_became_of_them(ann: Office, outcome, counted: str, alerts: int):
    before = digests_counted(counted)
    ann.email.script[ANN] = [outcome]
    ann.hear(*cases(8))
    ann.dispatcher.send_due()
    digests, told = (now - then for now, then in zip(digests_counted(counted), before, strict=True))
    assert (digests, told) == (1, alerts)


def digests_counted(outcome: str) -> tuple[float, float]:
    """How many so far, and the alerts in all that were accepted."""
    value = REGISTRY.get_sample_value
    return value("ombud_digests_total", {"outcome": outcome}) or 0, value("ombud_digest_alerts_sum") or 0


def test_letter_of_one_alert_is_no_digest(ann: Office):
    before = digests_counted("accepted")
    ann.hear(*cases(FEW))
    ann.send()
    assert digests_counted("accepted") == before


def test_summary_counts_mails_beside_alerts(ann: Office):
    ann.email.script[ANN] = [Accepted()]
    ann.hear(*cases(8))
    ann.send()
    ann.wait(seconds=5)
    ann.hear(*cases(2, start=20))
    ann.send()
    with ann.db.read() as tx:
        counted = overview.counts(tx)
    assert (counted["alerts"]["accepted"], counted["mails"]) == (11, 4)


def test_thousands_for_a_few_people_are_a_few_mails(office: Office):
    people = [f"person-{n:02}" for n in range(14)]
    office.know(*[a_contact(person, phone=None) for person in people])
    for start in range(0, 2000, 500):
        office.hear(*[cases(1, people[n % 14], start=n)[0] for n in range(start, start + 500)])
    office.send()
    assert {letter.address.partition("@")[0] for letter in office.email.sent[:14]} == set(people)
    for _ in range(4):
        office.wait(seconds=pace.GATHER.total_seconds())
        office.send()
    assert office.told() == ["alert.accepted"] * 2000
    assert sorted(case_id for letter in office.email.sent for case_id in cases_in(letter)) == [
        f"case-{n:04}" for n in range(2000)
    ]
    assert len(office.email.sent) <= 6 * len(people)


def test_alert_keeps_its_reference_to_the_case(ann: Office):
    ann.hear(*cases(7), escalated(case_id=CASE))
    ann.send()
    assert "0f8c2d11" in ann.email.sent[0].text
