"""Signatures of providers, by the examples that they publish."""

import hmac
from datetime import UTC, datetime, timedelta

import pytest

from shared.signatures import signed_by_slack

# The worked example of https://docs.slack.dev/authentication/verifying-requests-from-slack
SECRET, TIMESTAMP = "8f742231b10e8888abcd99yyyzzz85a5", "1531420618"
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
NOW = datetime.fromtimestamp(int(TIMESTAMP), UTC)


@pytest.mark.parametrize("late", [-300, 0, 300])
def test_slacks_own_example_is_signed_by_it(late):
    assert signed_by_slack(SECRET, TIMESTAMP, SIGNATURE, BODY, NOW + timedelta(seconds=late))


@pytest.mark.parametrize(
    ("secret", "timestamp", "given", "body", "late"),
    [
        ("another", TIMESTAMP, SIGNATURE, BODY, 0),
        (SECRET, "1531420619", SIGNATURE, BODY, 0),
        (SECRET, TIMESTAMP, SIGNATURE[:-1] + "4", BODY, 0),
        (SECRET, TIMESTAMP, SIGNATURE.removeprefix("v0="), BODY, 0),
        (SECRET, TIMESTAMP, "", BODY, 0),
        (SECRET, TIMESTAMP, "v0=ä\udcff", BODY, 0),
        (SECRET, TIMESTAMP, SIGNATURE, BODY + b"&", 0),
        (SECRET, TIMESTAMP, SIGNATURE, BODY, 301),
        (SECRET, TIMESTAMP, SIGNATURE, BODY, -301),
        (SECRET, "", SIGNATURE, BODY, 0),
        (SECRET, "nan", SIGNATURE, BODY, 0),
        (SECRET, "²", SIGNATURE, BODY, 0),
        (SECRET, "9" * 400, SIGNATURE, BODY, 0),
    ],
)
def test_anything_else_is_not(secret, timestamp, given, body, late):
    assert not signed_by_slack(secret, timestamp, given, body, NOW + timedelta(seconds=late))


@pytest.mark.parametrize("timestamp", ["²", "nan", "-1", "1e9", ""])
def test_time_that_is_none_is_refused_whoever_signed_it(timestamp):
    given = "v0=" + hmac.new(SECRET.encode(), f"v0:{timestamp}:".encode() + BODY, "sha256").hexdigest()
    assert not signed_by_slack(SECRET, timestamp, given, BODY, NOW)
