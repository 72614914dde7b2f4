"""The checker of the alert rounds names each promise that is broken: one at a time, in records that keep all others."""

from dataclasses import replace
from typing import Any

import pytest

from tests.faults.journals import broken_promises
from tests.faults.records import Heard, Records, Taken, Told


def an_alert(id_: str, channel: str = "email", state: str = "accepted", **changes: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "escalation_id": "esc",
        "purpose": "escalation",
        "case_id": "case",
        "case_revision": 2,
        "recipient": "ann",
        "channel": channel,
        "state": state,
        "reason": state,
        "doubts": 0,
    } | changes


def an_attempt(alert_id: str, outcome: str, attempt: int = 1) -> dict[str, Any]:
    return {"alert_id": alert_id, "outcome": outcome, "attempt": attempt}


def a_receipt(alert_id: str, kind: str) -> dict[str, Any]:
    return {"alert_id": alert_id, "kind": kind}


def said(type_: str, alert_id: str) -> Told:
    return Told(f"{type_} {alert_id}", type_, {"alert_id": alert_id})


UNREACHABLE = Told("u", "escalation.unreachable", {"escalation_id": "esc"})
ESCALATION = {"id": "esc", "purpose": "escalation", "case_id": "case", "case_revision": 2, "state": "planned"}
# Mail: tried twice, may have arrived each time. SMS: refused. Slack: taken.
RECORDS = Records(
    alerts=[
        an_alert("m", state="ambiguous", doubts=1),
        an_alert("s", "sms", "failed"),
        an_alert("c", "slack"),
    ],
    deliveries=[
        an_attempt("m", "ambiguous"),
        an_attempt("m", "ambiguous", 2),
        an_attempt("s", "permanent"),
        an_attempt("c", "temporary"),
        an_attempt("c", "accepted", 2),
    ],
    escalations=[ESCALATION],
    cases=[{"case_id": "case", "answered_revision": -1}],
    taken=[Taken("email", ("m",)), Taken("email", ("m",)), Taken("slack", ("c",))],
    told=[said("alert.ambiguous", "m"), said("alert.failed", "s"), said("alert.accepted", "c")],
    wanted={"esc": ("ann",)},
    orders={"ann": ("email", "sms", "slack")},
    left={"the outbox": 0},
)
ONLY_MAIL = replace(
    RECORDS,
    alerts=[an_alert("m", state="failed")],
    deliveries=[an_attempt("m", "permanent")],
    escalations=[ESCALATION | {"state": "unreachable"}],
    taken=[],
    told=[said("alert.failed", "m"), UNREACHABLE],
    orders={"ann": ("email",)},
)
BOUNCED = replace(
    ONLY_MAIL,
    deliveries=[an_attempt("m", "accepted")],
    receipts=[a_receipt("m", "bounced")],
    heard=[Heard("m", "bounced")],
    taken=[Taken("email", ("m",))],
    told=[said("alert.accepted", "m"), said("alert.failed", "m"), UNREACHABLE],
)
# Given up, as nobody could tell whether it arrived; then a receipt said that it did.
DELIVERED = replace(
    ONLY_MAIL,
    alerts=[an_alert("m", state="delivered")],
    deliveries=[an_attempt("m", "ambiguous")],
    receipts=[a_receipt("m", "delivered")],
    heard=[Heard("m", "delivered")],
    taken=[Taken("email", ("m",))],
    told=[said("alert.ambiguous", "m"), UNREACHABLE, said("alert.delivered", "m")],
)
# Bounced when the level's time was over: the case has climbed already.
LATE = replace(
    BOUNCED,
    alerts=[an_alert("m", state="failed", ended_at=31)],
    escalations=[ESCALATION | {"respond_by": 30}],
    told=BOUNCED.told[:2],
    orders={"ann": ("email", "sms")},
)
ANSWERED = replace(
    ONLY_MAIL,
    alerts=[an_alert("m", state="suppressed")],
    deliveries=[],
    escalations=[ESCALATION],
    cases=[{"case_id": "case", "answered_revision": 3}],
    told=[said("alert.suppressed", "m")],
    orders={"ann": ("email", "sms")},
)


def with_alert(records: Records, id_: str, **changes: Any) -> Records:
    return replace(records, alerts=[a | changes if a["id"] == id_ else a for a in records.alerts])


@pytest.mark.parametrize("records", [RECORDS, ONLY_MAIL, BOUNCED, DELIVERED, LATE, ANSWERED])
def test_nothing_is_said_against_kept_promises(records):
    assert broken_promises(records) == []


@pytest.mark.parametrize("records", [RECORDS, ONLY_MAIL, BOUNCED, DELIVERED])
def test_copy_of_an_event_breaks_nothing(records):
    assert broken_promises(replace(records, told=records.told * 2)) == []


TWICE = "nobody_is_told_twice"
BROKEN = {
    "a letter of no alert": (
        replace(RECORDS, taken=[*RECORDS.taken, Taken("slack", ("x",))]),
        "every_letter_is_an_alert",
    ),
    "a letter that tells of nothing": (
        replace(RECORDS, taken=[*RECORDS.taken, Taken("slack", ())]),
        "every_letter_is_an_alert",
    ),
    "a letter in another journal": (
        replace(RECORDS, taken=[*RECORDS.taken[:2], Taken("webhook", ("c",))]),
        "every_letter_is_an_alert",
    ),
    "accepted and sent again": (replace(RECORDS, taken=[*RECORDS.taken, Taken("slack", ("c",))]), TWICE),
    "more often than it may have arrived": (replace(RECORDS, taken=[*RECORDS.taken, Taken("email", ("m",))]), TWICE),
    "sent again although the provider could be asked": (
        replace(
            RECORDS,
            alerts=[an_alert("m", "sms", "ambiguous", doubts=1), *RECORDS.alerts[1:]],
            taken=[Taken("sms", ("m",)), Taken("sms", ("m",)), RECORDS.taken[2]],
        ),
        TWICE,
    ),
    "accepted, and nobody has it": (replace(RECORDS, taken=RECORDS.taken[:2]), "taken_where_it_says_so"),
    "delivered, and nobody has it": (replace(DELIVERED, taken=[]), "taken_where_it_says_so"),
    "failed, and there": (
        replace(RECORDS, taken=[*RECORDS.taken, Taken("sms", ("s",))]),
        "not_taken_where_it_says_so",
    ),
    "suppressed, and there": (replace(ANSWERED, taken=[Taken("email", ("m",))]), "not_taken_where_it_says_so"),
    "bounced without a receipt": (replace(BOUNCED, receipts=[]), "not_taken_where_it_says_so"),
    "ambiguous without an attempt": (
        replace(RECORDS, deliveries=RECORDS.deliveries[2:]),
        "in_doubt_for_a_reason",
    ),
    "more doubts than attempts": (with_alert(RECORDS, "m", doubts=3), "in_doubt_for_a_reason"),
    "a lost escalation": (replace(RECORDS, wanted={"esc": ("ann",), "esc-2": ()}), "everybody_wanted_has_alerts"),
    "somebody forgotten": (replace(RECORDS, wanted={"esc": ("ann", "bob")}), "everybody_wanted_has_alerts"),
    "no fallback": (replace(ONLY_MAIL, orders={"ann": ("email", "sms")}), "every_channel_is_tried"),
    "no fallback behind a limit": (
        replace(with_alert(ONLY_MAIL, "m", state="suppressed", reason="throttled"), orders={"ann": ("email", "sms")}),
        "every_channel_is_tried",
    ),
    "nobody reached and nothing said": (
        replace(ONLY_MAIL, escalations=[ESCALATION], told=ONLY_MAIL.told[:1]),
        "somebody_is_reached_or_it_is_said",
    ),
    "unreachable, and nothing said": (
        replace(ONLY_MAIL, told=ONLY_MAIL.told[:1]),
        "somebody_is_reached_or_it_is_said",
    ),
    "said twice to be unreachable": (
        replace(ONLY_MAIL, told=[*ONLY_MAIL.told, replace(UNREACHABLE, id="u-2")]),
        "somebody_is_reached_or_it_is_said",
    ),
    "reached, and said to be unreachable": (
        replace(RECORDS, escalations=[ESCALATION | {"state": "unreachable"}], told=[*RECORDS.told, UNREACHABLE]),
        "somebody_is_reached_or_it_is_said",
    ),
    "an end that nobody heard of": (replace(RECORDS, told=RECORDS.told[:2]), "every_end_is_said_once"),
    "two ends": (replace(RECORDS, told=[*RECORDS.told, said("alert.ambiguous", "c")]), "every_end_is_said_once"),
    "another end than it has": (with_alert(RECORDS, "s", state="suppressed"), "every_end_is_said_once"),
    "an end that was said before by no receipt": (replace(DELIVERED, receipts=[]), "every_end_is_said_once"),
    "two events of one id": (
        replace(RECORDS, told=[*RECORDS.told, replace(RECORDS.told[0], data={"alert_id": "c"})]),
        "copies_are_copies",
    ),
    "a delivery that is forgotten": (replace(RECORDS, heard=[Heard("c", "delivered")]), "receipts_count"),
    "a bounce that is forgotten": (replace(RECORDS, heard=[Heard("c", "bounced")]), "receipts_count"),
    "a bounce that became a delivery": (replace(DELIVERED, heard=[Heard("m", "bounced")]), "receipts_count"),
    "bounced in time, and nothing follows": (with_alert(LATE, "m", ended_at=29), "every_channel_is_tried"),
    "something left over": (replace(RECORDS, left={"the outbox": 2}), "nothing_is_left_over"),
    "an open alert": (with_alert(ANSWERED, "m", state="handed_off"), "nothing_is_left_over"),
}


@pytest.mark.parametrize(("records", "rule"), BROKEN.values(), ids=BROKEN)
def test_broken_promise_is_named(records, rule):
    assert rule in {line.partition(":")[0] for line in broken_promises(records)}
