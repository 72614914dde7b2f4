"""What `ombud status` says of notify: what is well in one line, what somebody must mend in red."""

from typing import Any

import pytest

from ombud.status import alerting, shown_counts

WELL: dict[str, Any] = {
    "contacts": 4,
    "channels": ["email", "sms"],
    "unaccounted": 0,
    "last_resort": "duty",
    "last_resort_configured": True,
    "last_resort_reachable": True,
}


def test_all_is_well_in_two_plain_lines():
    lines = alerting(WELL)
    assert [line.plain for line in lines] == ["alerts: 4 contacts, by email, sms", "last resort: duty"]
    assert not any(line.style for line in lines)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"last_resort": None, "last_resort_reachable": False}, "NOBODY hears"),
        ({"last_resort_reachable": False}, "duty CANNOT BE REACHED"),
        ({"channels": []}, "no channel"),
        ({"unaccounted": 3}, "unaccounted: 3"),
    ],
)
def test_what_somebody_must_mend_is_red(changes: dict[str, Any], said: str):
    red = [line.plain for line in alerting(WELL | changes) if line.style]
    assert len(red) == 1 and said in red[0]


def test_while_notify_cannot_be_asked_nothing_is_said_of_it():
    assert alerting({}) == []


def test_what_seldom_happens_to_alerts_is_shown_when_it_did():
    counts = {"accepted": 5, "pending": 0, "failed": 0, "suppressed": 0, "ambiguous": 2, "delivered": 0}
    assert shown_counts("notify", {"alerts": counts}) == "5 accepted, 0 pending, 0 failed, 2 ambiguous"
