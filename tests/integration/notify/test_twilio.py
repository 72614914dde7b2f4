"""Text messages by a stand-in for Twilio: what its answers mean, and what it is asked when one is missing."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.notify.channels import twilio as channel
from services.notify.channels.channel import Letter, NotOurs
from services.notify.channels.fitted_sms import FittedSms
from services.notify.channels.http import Timeouts
from services.notify.channels.line import Line, Provider
from services.notify.channels.twilio import TwilioAccount
from services.notify.domain.alert import ChannelName, Purpose
from services.notify.domain.jobs import Job, Piece
from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Permanent, Reason, RetryAfter, Temporary
from services.notify.domain.routes import alert_by
from services.notify.senders.errand import Errand
from services.notify.texts.rendering import Writer
from shared import clock, links
from tests.harness.clock import set_shift
from tests.integration.notify.twilio import DROP_AFTER, DROP_BEFORE, HANG, SENDER, Twilio
from tests.unit.notify.build import a_contact, an_escalation

LETTER = Letter("alert-1", "case-1", "+420601234567", "0f8c2d11 High emea https://ombud.example/a/x")


@pytest.fixture
def sms(twilio: Twilio) -> channel.Twilio:
    return an_sms(twilio)


def an_sms(twilio: Twilio, read_timeout: float = 30.0) -> channel.Twilio:
    return channel.Twilio(TwilioAccount.parse(twilio.url), senders=2, timeouts=Timeouts(read=read_timeout))


def test_message_is_taken_with_our_sender(twilio, sms):
    assert sms.send(LETTER, lambda: None) == Accepted("SM0", "201", "twilio")
    assert twilio.messages == [{"To": "+420601234567", "From": SENDER, "Body": LETTER.text}]


@pytest.mark.parametrize(
    ("status", "code", "headers", "outcome"),
    [
        (429, 20429, {"Retry-After": "17"}, RetryAfter(17, Reason.PROVIDER_THROTTLED, "429 20429")),
        (429, None, {}, RetryAfter(5, Reason.PROVIDER_THROTTLED, "429")),
        (429, None, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, RetryAfter(5, Reason.PROVIDER_THROTTLED, "429")),
        (400, 14107, {}, RetryAfter(5, Reason.PROVIDER_THROTTLED, "400 14107")),
        (400, 21211, {}, Permanent(Reason.INVALID_ADDRESS, "400 21211")),
        (400, 21614, {}, Permanent(Reason.INVALID_ADDRESS, "400 21614")),
        (400, 21610, {}, Permanent(Reason.OPTED_OUT, "400 21610")),
        (400, 21999, {}, Permanent(Reason.RECIPIENT_REFUSED, "400 21999")),
        (400, 21606, {}, Temporary(Reason.WRONG_SETTINGS, "400 21606")),
        (401, 20003, {}, Temporary(Reason.LOGIN_REFUSED, "401 20003")),
        (404, 20404, {}, Temporary(Reason.WRONG_SETTINGS, "404 20404")),
        (302, None, {"Location": "http://127.0.0.1:9/"}, Temporary(Reason.WRONG_SETTINGS, "302")),
        (500, 20500, {}, Ambiguous(Reason.PROVIDER_ERROR, "500 20500", "twilio")),
        (408, None, {}, Ambiguous(Reason.PROVIDER_ERROR, "408", "twilio")),
        (429, 21610, {}, RetryAfter(5, Reason.PROVIDER_THROTTLED, "429 21610")),
        (403, 21408, {}, Temporary(Reason.WRONG_SETTINGS, "403 21408")),
        (403, None, {}, Temporary(Reason.LOGIN_REFUSED, "403")),
        (400, 30022, {"Retry-After": "9"}, RetryAfter(9, Reason.PROVIDER_THROTTLED, "400 30022")),
        (503, None, {}, Ambiguous(Reason.PROVIDER_ERROR, "503", "twilio")),
    ],
)
def test_answer_decides_the_outcome(twilio, sms, status, code, headers, outcome):
    twilio.script = [(status, {"code": code} if code else {}, headers)]
    assert sms.send(LETTER, lambda: None) == outcome
    assert twilio.messages == []


@pytest.mark.parametrize(("action", "taken"), [(DROP_AFTER, 1), (DROP_BEFORE, 0), (HANG, 0)])
def test_no_answer_is_ambiguous(twilio, action, taken):
    twilio.script = [action]
    outcome = an_sms(twilio, read_timeout=0.5 if action == HANG else 30.0).send(LETTER, lambda: None)
    assert isinstance(outcome, Ambiguous)
    assert (outcome.reason, outcome.provider, len(twilio.messages)) == (Reason.NO_ANSWER, "twilio", taken)


def test_wrong_token_is_the_operators_fault(twilio):
    sms = channel.Twilio(TwilioAccount.parse(twilio.url.replace("to%2Fken", "other")), senders=1)
    assert sms.send(LETTER, lambda: None) == Temporary(Reason.LOGIN_REFUSED, "401 20003")


def test_provider_that_is_not_there_is_a_temporary_failure():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and nobody listens
        port = unused.getsockname()[1]
        sms = channel.Twilio(TwilioAccount.parse(f"http://AC:t@127.0.0.1:{port}?from=%2B1555"), senders=1)
        assert sms.send(LETTER, lambda: None) == Temporary(Reason.PROVIDER_AWAY)


def test_port_that_speaks_no_tls_is_a_wrong_setting(twilio):
    sms = channel.Twilio(TwilioAccount.parse(twilio.url.replace("http://", "https://")), senders=1)
    assert sms.send(LETTER, lambda: None) == Temporary(Reason.WRONG_SETTINGS, "tls")


def test_alert_that_is_no_longer_ours_is_not_posted(twilio, sms):
    def not_ours() -> None:
        raise NotOurs

    with pytest.raises(NotOurs):
        sms.send(LETTER, not_ours)
    assert twilio.messages == []


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ({}, Ambiguous(Reason.PROVIDER_ERROR, "200", "twilio")),
        ({"sid": "SM7", "status": "accepted"}, Accepted("SM7", "200", "twilio")),
        ({"sid": "SM7", "status": "failed", "error_code": 30005}, Permanent(Reason.INVALID_ADDRESS, "200 30005")),
        ({"sid": "SM7", "status": "failed", "error_code": 30008}, Temporary(Reason.UNDELIVERED, "200 30008")),
        ({"sid": "SM7", "status": "failed"}, Temporary(Reason.UNDELIVERED, "200")),
    ],
)
def test_good_status_alone_is_no_message_on_its_way(twilio, sms, body, outcome):
    twilio.script = [(200, body, {})]
    assert sms.send(LETTER, lambda: None) == outcome


def test_letter_that_the_hand_off_gives_is_the_one_that_leaves(twilio, sms):
    sms.send(LETTER, lambda: replace(LETTER, text="shorter"))
    assert [message["Body"] for message in twilio.messages] == ["shorter"]


def test_messaging_service_sends_in_place_of_a_number(twilio):
    service = "MG" + "0a" * 16
    account = TwilioAccount.parse(twilio.url.replace("%2B15551234567", service))
    channel.Twilio(account, senders=1).send(LETTER, lambda: None)
    assert twilio.messages == [{"To": LETTER.address, "MessagingServiceSid": service, "Body": LETTER.text}]


def test_address_for_receipts_goes_along(twilio):
    account = TwilioAccount.parse(twilio.url)
    channel.Twilio(account, 1, callback_of=lambda letter: f"https://o.example/{letter.alert_id}").send(
        LETTER, lambda: None
    )
    assert twilio.messages[0]["StatusCallback"] == "https://o.example/alert-1"


# What became of a letter whose answer is missing.

CLAIM = links.Claim(
    "11a08244-0767-5208-83cd-0e7a5fc94adf",
    "0f8c2d11-58a7-5c0e-9a3e-0d3f6a4f1c22",
    "8ac4d2e7-1c39-5f0a-b6e2-97d05b3a4471",
    2,
    "ann",
)
OLD = links.Claim("next-1", "case", "escalation", 2, "ann")


@pytest.fixture
def clock_file(tmp_path: Path) -> Iterator[Path]:
    clock.shift_from(tmp_path / "clock")
    yield tmp_path / "clock"
    clock.shift_from(None)


def with_link(claim: links.Claim = CLAIM, before: str = "0f8c2d11 High emea") -> Letter:
    """Written now: another moment gives the link another time and signature."""
    url = links.url_of("https://ombud.example", links.mint(["key"], claim))
    return replace(LETTER, text=f"{before} {url}")


def sent(twilio: Twilio, letter: Letter, **changes: Any) -> None:
    twilio.take({"To": letter.address, "From": SENDER, "Body": letter.text})
    twilio.records[-1] |= changes


def asked(sms: channel.Twilio, clock_file: Path, letter: Letter) -> Any:
    set_shift(clock_file, timedelta(0))
    return sms.look_up(letter, clock.now())


@pytest.mark.parametrize("claim", [CLAIM, OLD])
def test_letter_is_found_by_its_link_whenever_that_was_signed(twilio, sms, clock_file, claim):
    sent(twilio, with_link(claim))
    set_shift(clock_file, timedelta(seconds=20))
    again = with_link(claim, before="0f8c2d11 Hoch")
    assert again.text not in twilio.messages[0]["Body"]
    assert sms.look_up(again, clock.now() - timedelta(seconds=20)) == Accepted("SM0", "200", "twilio")
    assert twilio.queries == [{"To": LETTER.address, "From": SENDER, "PageSize": "50"}]


def test_letter_without_a_link_is_found_word_for_word(twilio, sms, clock_file):
    letter = replace(LETTER, text="OPERATOR routing: stuck, 0f8c2d11")
    sent(twilio, letter)
    assert asked(sms, clock_file, letter) == Accepted("SM0", "200", "twilio")
    assert asked(sms, clock_file, replace(letter, text="OPERATOR routing: stuck, 0f8c2d12")) is None


def test_letter_of_another_alert_of_the_same_case_is_not_this_one(twilio, sms, clock_file):
    sent(twilio, with_link(replace(CLAIM, alert_id="11a08244-0767-5208-83cd-0e7a5fc94ade")))
    sent(twilio, with_link(), to="+420601234568")
    sent(twilio, with_link(), **{"from": "+15550000000"})
    assert asked(sms, clock_file, with_link()) is None


def test_digest_is_found_only_with_all_of_its_links(twilio, sms, clock_file):
    other = replace(CLAIM, alert_id="11a08244-0767-5208-83cd-0e7a5fc94ade")
    digest = replace(LETTER, text=f"{with_link().text} {with_link(other).text}")
    sent(twilio, with_link())
    assert asked(sms, clock_file, digest) is None
    sent(twilio, digest)
    assert (
        asked(sms, clock_file, digest) == asked(sms, clock_file, with_link(other)) == Accepted("SM1", "200", "twilio")
    )


def test_digest_tells_of_its_cases_by_their_references_and_the_link_of_the_worst(twilio, sms, clock_file):
    """So that nobody gets a case anew that was in one, and no other is held to have been in it."""
    other = replace(CLAIM, alert_id="11a08244-0767-5208-83cd-0e7a5fc94ade", case_id=CLAIM.case_id[::-1])
    sent(twilio, with_link(before="2 cases wait for you, highest severity: high: 0f8c2d11, aaaa1111 emea"))
    assert asked(sms, clock_file, with_link(other, before="aaaa1111 High emea")) == Accepted("SM0", "200", "twilio")
    assert asked(sms, clock_file, with_link(before="0f8c2d11 High emea")) == Accepted("SM0", "200", "twilio")
    assert asked(sms, clock_file, with_link(other, before="bbbb2222 High emea")) is None
    more = "3 cases wait for you, highest severity: high: 0f8c2d11, aaaa1111 emea, bbbb2222"
    assert asked(sms, clock_file, with_link(before=more)) is None


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        ("delivered", None, Accepted("SM0", "200", "twilio")),
        ("undelivered", 30003, Permanent(Reason.UNDELIVERED, "200 30003")),
        ("undelivered", 30006, Permanent(Reason.INVALID_ADDRESS, "200 30006")),
        ("failed", 21610, Permanent(Reason.OPTED_OUT, "200 21610")),
        ("canceled", None, Permanent(Reason.UNDELIVERED, "200")),
    ],
)
def test_found_letter_tells_what_became_of_it(twilio, sms, clock_file, status, code, outcome):
    sent(twilio, with_link(), status=status, error_code=code)
    assert asked(sms, clock_file, with_link()) == outcome


def test_copy_that_arrived_counts_before_one_that_did_not(twilio, sms, clock_file):
    sent(twilio, with_link())
    sent(twilio, with_link(), status="failed", error_code=30008)
    assert asked(sms, clock_file, with_link()) == Accepted("SM0", "200", "twilio")


def test_earlier_try_is_not_taken_for_this_one(twilio, sms, clock_file):
    sent(twilio, with_link(), date_created="Mon, 02 Nov 2026 11:00:00 +0000")
    assert asked(sms, clock_file, with_link()) is None
    assert sms.look_up(with_link(), datetime(2026, 11, 2, 11, 0, 29, tzinfo=UTC)) == Accepted("SM0", "200", "twilio")


def test_every_page_is_looked_at_up_to_a_limit(twilio, sms, clock_file):
    sent(twilio, with_link())
    for _ in range(3 * channel.PAGE_SIZE):
        sent(twilio, LETTER)
    assert isinstance(asked(sms, clock_file, with_link()), Accepted)
    for _ in range(channel.PAGE_SIZE):
        sent(twilio, LETTER)
    assert asked(sms, clock_file, with_link()) == Ambiguous(Reason.NO_ANSWER, provider="twilio")


def test_nobody_can_tell_where_the_account_blacks_out_what_was_sent(twilio, sms, clock_file):
    sent(twilio, with_link(), body="")
    assert asked(sms, clock_file, with_link()) == Ambiguous(Reason.NO_ANSWER, provider="twilio")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((500, {}, {}), Temporary(Reason.PROVIDER_ERROR, "500")),
        ((429, {"code": 20429}, {}), Temporary(Reason.PROVIDER_THROTTLED, "429 20429")),
        ((401, {"code": 20003}, {}), Temporary(Reason.LOGIN_REFUSED, "401 20003")),
        ((400, {"code": 21211}, {}), Temporary(Reason.WRONG_SETTINGS, "400 21211")),
        ((302, {}, {"Location": "http://127.0.0.1:9/"}), Temporary(Reason.WRONG_SETTINGS, "302")),
        ((201, {"sid": "SM1"}, {}), Temporary(Reason.PROVIDER_ERROR, "201")),
        ((200, {"no": "list"}, {}), Temporary(Reason.PROVIDER_ERROR, "200")),
        ((200, {"messages": [], "next_page_uri": "https://evil.example/x"}, {}), Temporary(Reason.WRONG_SETTINGS)),
        (DROP_BEFORE, Temporary(Reason.PROVIDER_AWAY, "ConnectionError")),
    ],
)
def test_list_that_cannot_be_had_is_asked_for_again(twilio, sms, clock_file, answer, outcome):
    sent(twilio, with_link())
    twilio.list_script = [answer]
    assert asked(sms, clock_file, with_link()) == outcome


def test_list_that_never_comes_is_asked_for_again(twilio, clock_file):
    twilio.list_script = [HANG]
    assert asked(an_sms(twilio, read_timeout=0.2), clock_file, with_link()) == Temporary(
        Reason.PROVIDER_AWAY, "ReadTimeout"
    )


def run(sms: channel.Twilio, job: Job) -> list[Outcome]:
    line = Line(ChannelName.SMS, [Provider("twilio", FittedSms(sms, lambda: 3))], 2)
    errand = Errand(job, line, Writer(["key"], "https://ombud.example"), lambda job: {a.fence for a in job.alerts})
    return [attempt.outcome for attempt in errand.run()]


def jobs(purpose: Purpose) -> tuple[Job, Job]:
    """The first one, and the one behind it when the first was left in doubt."""
    escalation = an_escalation(purpose=purpose)
    alert = alert_by(escalation, "ann", ChannelName.SMS, clock.now())
    first = Job((Piece(alert, escalation),), a_contact())
    return first, replace(first, pieces=(Piece(replace(alert, doubts=1), escalation),), asks_first=True)


@pytest.mark.parametrize("purpose", [Purpose.ASSIGNMENT, Purpose.TAKEN, Purpose.TEST, Purpose.DEAD_LETTER])
def test_letter_without_a_link_is_found_although_it_would_be_called_a_repetition_now(twilio, sms, purpose):
    twilio.script = [DROP_AFTER]
    assert [type(outcome) for job in jobs(purpose) for outcome in run(sms, job)] == [Ambiguous, Accepted]
    assert len(twilio.messages) == 1


def test_letter_that_is_not_found_says_that_it_may_be_a_repetition(twilio, sms, clock_file):
    twilio.script = [DROP_BEFORE]
    first, again = jobs(Purpose.ASSIGNMENT)
    run(sms, first)
    set_shift(clock_file, timedelta(seconds=61))
    assert run(sms, again) == [Accepted("SM0", "201", "twilio")]
    assert twilio.messages[0]["Body"].endswith("May be a repetition.")
