"""Holds notify's alerts against the journals of the peers that they went to. Used by test_alert_rounds.py.

Each rule gives one line for each thing that breaks it, and `test_journals.py` breaks each.
"""

from collections.abc import Iterator

from tests.faults.records import REACHED, UNREACHED, Records, Row, Told

OPEN = {"pending", "claimed", "handed_off"}
UNTOLD = {"quiet_hours", "throttled", "opted_out"}
ONCE = {"sms"}  # whose provider is asked before anything is sent again


def broken_promises(records: Records) -> list[str]:
    """Empty when all promises hold; else one line for each that does not, with the rule's name."""
    rules = (
        every_letter_is_an_alert,
        nobody_is_told_twice,
        taken_where_it_says_so,
        not_taken_where_it_says_so,
        in_doubt_for_a_reason,
        everybody_wanted_has_alerts,
        every_channel_is_tried,
        somebody_is_reached_or_it_is_said,
        every_end_is_said_once,
        copies_are_copies,
        receipts_count,
        nothing_is_left_over,
    )
    return [f"{rule.__name__}: {fault}" for rule in rules for fault in rule(records)]


def every_letter_is_an_alert(records: Records) -> Iterator[str]:
    for letter in records.taken:
        if not letter.alert_ids:
            yield f"a letter by {letter.channel} tells of no alert"
        for id_ in letter.alert_ids:
            alert = records.by_id.get(id_)
            if alert is None or alert["channel"] != letter.channel:
                yield f"{letter.channel} has {id_}, which is {alert and alert['channel']}"


def nobody_is_told_twice(records: Records) -> Iterator[str]:
    """Once, and once more for each attempt that may have arrived; where the provider is asked before, once."""
    for id_, times in records.times.items():
        most = records.attempts[id_, "accepted"] + records.attempts[id_, "ambiguous"]
        channel = records.by_id[id_]["channel"] if id_ in records.by_id else ""
        if times > (min(most, 1) if channel in ONCE else most):
            yield f"{channel} has {id_} {times} times, after {most} attempts that may have arrived"


def taken_where_it_says_so(records: Records) -> Iterator[str]:
    for alert in records.alerts:
        if alert["state"] in REACHED and not records.times[alert["id"]]:
            yield f"{alert['id']} is {alert['state']}, and {alert['channel']} has nothing"


def not_taken_where_it_says_so(records: Records) -> Iterator[str]:
    for alert in records.alerts:
        is_unsent = alert["state"] in ("failed", "suppressed") and alert["id"] not in records.failed_later
        if is_unsent and records.times[alert["id"]]:
            yield f"{alert['id']} is {alert['state']} ({alert['reason']}), and {alert['channel']} has it"


def in_doubt_for_a_reason(records: Records) -> Iterator[str]:
    for alert in records.alerts:
        doubts = records.attempts[alert["id"], "ambiguous"]
        if alert["state"] == "ambiguous" and not doubts:
            yield f"{alert['id']} is ambiguous without such an attempt"
        if alert["doubts"] > doubts:
            yield f"{alert['id']} counts {alert['doubts']} doubts of {doubts}"


def everybody_wanted_has_alerts(records: Records) -> Iterator[str]:
    known = {e["id"]: e for e in records.escalations}
    have = {(a["escalation_id"], a["recipient"]) for a in records.alerts}
    for id_, people in records.wanted.items():
        if id_ not in known:
            yield f"escalation {id_} is lost"
        elif known[id_]["state"] != "answered":
            yield from (f"{person} has no alert of {id_}" for person in people if (id_, person) not in have)


def every_channel_is_tried(records: Records) -> Iterator[str]:
    """Of those whom nothing reached, in a case that nobody answered."""
    by_person: dict[tuple[str, str], list[Row]] = {}
    for alert in records.alerts:
        by_person.setdefault((alert["escalation_id"], alert["recipient"]), []).append(alert)
    for (id_, person), alerts in by_person.items():
        if not all(_is_unreached(a) for a in alerts) or records.needs_nobody(alerts[0], id_):
            continue
        for channel in set(records.orders.get(person, ())) - {a["channel"] for a in alerts}:
            yield f"{person} is unreached of {id_}, and {channel} was not tried"


def somebody_is_reached_or_it_is_said(records: Records) -> Iterator[str]:
    for escalation in (e for e in records.escalations if e["purpose"] == "escalation"):
        alerts = [a for a in records.alerts if a["escalation_id"] == escalation["id"]]
        said, is_over = records.given_up[escalation["id"]], escalation["state"] == "unreachable"
        if said != is_over:
            yield f"{escalation['id']} is {escalation['state']}, and {said} events say that it reached nobody"
        reached = [a for a in alerts if a["state"] in REACHED]
        if not reached and not said and not records.needs_nobody(escalation, escalation["id"]):
            yield f"{escalation['id']} reached nobody, and nothing says so"
        surely = [a for a in reached if records.attempts[a["id"], "accepted"] and a["id"] not in records.failed_later]
        if surely and said:
            yield f"{escalation['id']} reached {surely[0]['recipient']}, and is said to have reached nobody"


def every_end_is_said_once(records: Records) -> Iterator[str]:
    """By one event, and by one more where a receipt changed it; of a failure's alert nothing is said."""
    for alert in (a for a in records.alerts if a["purpose"] != "dead_letter"):
        said, last = records.ends.get(alert["id"], set()), f"alert.{alert['state']}"
        before = said - {last}
        by_receipt = alert["id"] in (records.delivered_later if alert["state"] == "delivered" else records.failed_later)
        may_be_before = {"alert.accepted", "alert.ambiguous"} if by_receipt else set()
        if last not in said or len(before) > 1 or before - may_be_before:
            yield f"{alert['id']} is {alert['state']}, and is said to be {sorted(said)}"


def copies_are_copies(records: Records) -> Iterator[str]:
    first: dict[str, Told] = {}
    for one in records.told:
        known = first.setdefault(one.id, one)
        if (known.type, known.data) != (one.type, one.data):
            yield f"two events have the id {one.id}"


def receipts_count(records: Records) -> Iterator[str]:
    """Of letters that were sent once: of more the receipts may contradict each other."""
    for one in records.heard:
        alert = records.by_id.get(one.alert_id)
        if alert is None or records.times[one.alert_id] != 1:
            continue
        if (alert["state"] == "delivered") if one.kind != "delivered" else (alert["state"] != "delivered"):
            yield f"{one.alert_id} is {alert['state']}, and notify was told that it is {one.kind}"
        if one.kind != "delivered" and alert["state"] == "accepted":
            yield f"{one.alert_id} is accepted, and notify was told that it is {one.kind}"


def nothing_is_left_over(records: Records) -> Iterator[str]:
    yield from (f"{number} left in {what}" for what, number in records.left.items() if number)
    yield from (f"{a['id']} is {a['state']}" for a in records.alerts if a["state"] in OPEN)


def _is_unreached(alert: Row) -> bool:
    return alert["state"] in UNREACHED or (alert["state"] == "suppressed" and alert["reason"] in UNTOLD)
