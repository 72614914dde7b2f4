"""Twilio's error codes: which number is bad for good, what may pass, and what an operator must mend."""

import pytest

from services.notify.channels.twilio_errors import MEANINGS, reason_of
from services.notify.domain.outcomes import OPERATOR_FAULTS, PROVIDER_FAULTS, Reason

FOR_GOOD, MAY_PASS = True, False


@pytest.mark.parametrize(
    ("code", "what", "reason", "is_permanent"),
    [
        (20003, "authenticate", Reason.LOGIN_REFUSED, MAY_PASS),
        (20404, "no such account", Reason.WRONG_SETTINGS, MAY_PASS),
        (20429, "too many requests", Reason.PROVIDER_THROTTLED, MAY_PASS),
        (20500, "internal error", Reason.PROVIDER_ERROR, MAY_PASS),
        (14107, "rate between two numbers", Reason.PROVIDER_THROTTLED, MAY_PASS),
        (21211, "invalid To", Reason.INVALID_ADDRESS, FOR_GOOD),
        (21212, "invalid From", Reason.WRONG_SETTINGS, MAY_PASS),
        (21401, "From cannot send", Reason.WRONG_SETTINGS, MAY_PASS),
        (21408, "country not switched on", Reason.WRONG_SETTINGS, MAY_PASS),
        (21602, "no text", Reason.MESSAGE_REFUSED, FOR_GOOD),
        (21606, "From is not ours", Reason.WRONG_SETTINGS, MAY_PASS),
        (21608, "trial account", Reason.WRONG_SETTINGS, MAY_PASS),
        (21610, "answered STOP", Reason.OPTED_OUT, FOR_GOOD),
        (21611, "queue of the sender is full", Reason.PROVIDER_THROTTLED, MAY_PASS),
        (21612, "From cannot reach To", Reason.RECIPIENT_REFUSED, FOR_GOOD),
        (21614, "To is no mobile", Reason.INVALID_ADDRESS, FOR_GOOD),
        (21617, "too long", Reason.MESSAGE_REFUSED, FOR_GOOD),
        (21635, "To is a landline", Reason.INVALID_ADDRESS, FOR_GOOD),
        (21704, "service without senders", Reason.WRONG_SETTINGS, MAY_PASS),
        (30001, "queue overflow", Reason.PROVIDER_THROTTLED, MAY_PASS),
        (30002, "account suspended", Reason.WRONG_SETTINGS, MAY_PASS),
        (30003, "handset out of reach", Reason.UNDELIVERED, MAY_PASS),
        (30004, "blocked", Reason.RECIPIENT_REFUSED, FOR_GOOD),
        (30005, "unknown handset", Reason.INVALID_ADDRESS, FOR_GOOD),
        (30006, "landline", Reason.INVALID_ADDRESS, FOR_GOOD),
        (30007, "filtered", Reason.MESSAGE_REFUSED, FOR_GOOD),
        (30008, "unknown", Reason.UNDELIVERED, MAY_PASS),
        (30017, "congestion", Reason.PROVIDER_DEFERRED, MAY_PASS),
        (30021, "internal failure", Reason.PROVIDER_ERROR, MAY_PASS),
        (30022, "rate of the carrier", Reason.PROVIDER_THROTTLED, MAY_PASS),
        (30023, "daily cap of the carrier", Reason.PROVIDER_THROTTLED, MAY_PASS),
        (30032, "toll-free number not verified", Reason.WRONG_SETTINGS, MAY_PASS),
        (30034, "unregistered number", Reason.WRONG_SETTINGS, MAY_PASS),
        (30036, "validity period over", Reason.UNDELIVERED, MAY_PASS),
        (30410, "provider timeout", Reason.PROVIDER_ERROR, MAY_PASS),
        (30450, "blocked for half an hour", Reason.PROVIDER_DEFERRED, MAY_PASS),
        (30500, "internal error", Reason.PROVIDER_ERROR, MAY_PASS),
        (63038, "daily limit of the account", Reason.PROVIDER_THROTTLED, MAY_PASS),
        (21999, "a refusal of tomorrow", Reason.RECIPIENT_REFUSED, FOR_GOOD),
        (30999, "a failure of tomorrow", Reason.UNDELIVERED, MAY_PASS),
        (0, "nothing", Reason.UNDELIVERED, MAY_PASS),
    ],
)
def test_code_has_its_meaning(code, what, reason, is_permanent):
    assert reason_of(code) == (reason, is_permanent), what


def test_provider_and_operator_faults_are_never_held_against_the_number():
    held_back = {*PROVIDER_FAULTS, *OPERATOR_FAULTS, Reason.PROVIDER_ERROR, Reason.UNDELIVERED}
    assert {is_permanent for reason, is_permanent in MEANINGS.values() if reason in held_back} == {MAY_PASS}
    assert {is_permanent for reason, is_permanent in MEANINGS.values() if reason not in held_back} == {FOR_GOOD}
