"""What counts as lost, as told twice and as not settled."""

from dataclasses import replace
from typing import Any

import pytest

from ombud.run.accounting import (
    Expected,
    Mails,
    Standing,
    complaints_about,
    is_complete,
    judge,
    mails,
    standing,
    summary_line,
)

SENT = Expected(complaints=10, broken=2)
ALL_WELL = Standing(
    complaints=10,
    classified=10,
    quarantined=2,
    assigned=7,
    waiting=2,
    released=1,
    cases=10,
    escalated=3,
    accepted=4,
    mailed=4,
)
FOUR_MAILS = Mails(4, 4)


def test_nothing_is_lost_when_every_complaint_is_everywhere() -> None:
    judgement = judge(SENT, ALL_WELL, FOUR_MAILS)
    assert judgement.is_accounted
    assert complaints_about(judgement) == []
    assert summary_line(judgement, 7.12) == (
        "10 accepted · 10 classified · 7 assigned · 2 waiting · 1 released · 3 escalated · 4 alerts accepted · "
        "2 quarantined · 0 lost · 0 duplicates · 7.1 s"
    )


def test_a_complaint_that_turned_out_to_be_another_one_is_not_lost() -> None:
    judgement = judge(replace(SENT, complaints=12), replace(ALL_WELL, merged=2), FOUR_MAILS)
    assert judgement.is_accounted
    assert "10 classified · 7 assigned · 2 waiting · 2 merged · 1 released" in summary_line(judgement, 7.12)


@pytest.mark.parametrize(
    ("change", "what", "count"),
    [
        ({"complaints": 9, "classified": 9, "assigned": 6, "cases": 9}, "never arrived", 1),
        ({"classified": 8}, "not classified", 2),
        ({"assigned": 6}, "not in routing", 1),
        ({"waiting": 1}, "not in routing", 1),
        ({"released": 0}, "not in routing", 1),
        ({"cases": 9}, "without a case", 1),
        ({"mailed": 5, "accepted": 5}, "alerts not in the mailbox", 1),
    ],
)
def test_what_is_missing_somewhere_is_lost(change: dict[str, int], what: str, count: int) -> None:
    judgement = judge(SENT, replace(ALL_WELL, **change), FOUR_MAILS)
    assert judgement.lost == {what: count}
    assert not judgement.is_accounted
    assert f"{count} lost" in summary_line(judgement, 1)


def test_a_complaint_that_two_services_miss_is_lost_once() -> None:
    assert judge(SENT, replace(ALL_WELL, assigned=6, cases=9), FOUR_MAILS).lost_count == 1


def test_a_complaint_in_quarantine_is_visible_and_not_lost() -> None:
    one_more = replace(ALL_WELL, complaints=9, classified=9, assigned=6, cases=9, quarantined=3)
    judgement = judge(SENT, one_more, FOUR_MAILS)
    assert judgement.is_accounted
    assert complaints_about(judgement) == ["1 more lines in quarantine than were expected"]


def test_two_mails_of_one_alert_are_a_duplicate() -> None:
    judgement = judge(SENT, ALL_WELL, mails(["<1@x>", "<2@x>", "<3@x>", "<4@x>", "<1@x>"]))
    assert (judgement.duplicates, judgement.is_accounted) == (1, False)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"on_their_way": 1}, "on their way"),
        ({"pending": 1}, "alerts pending"),
        ({"put_aside": 1}, "dead letters"),
        ({"escalated": 5}, "escalated without an alert"),
    ],
)
def test_what_is_still_open_is_not_accounted_for(change: dict[str, int], what: str) -> None:
    judgement = judge(SENT, replace(ALL_WELL, **change), FOUR_MAILS)
    assert judgement.unsettled == {what: 1}
    assert not judgement.is_accounted


def test_an_alert_that_was_not_sent_on_purpose_settles_an_escalation() -> None:
    assert judge(SENT, replace(ALL_WELL, escalated=5, suppressed=1), FOUR_MAILS).is_accounted


def test_mail_that_goes_elsewhere_is_not_missed() -> None:
    assert judge(SENT, ALL_WELL, None).is_accounted


def test_a_mail_that_is_not_in_the_box_yet_is_waited_for() -> None:
    assert is_complete(SENT, ALL_WELL, 4)
    assert not is_complete(SENT, ALL_WELL, 3)


def a_summary(**counts: Any) -> dict[str, Any]:
    return counts | {"plumbing": {"outbox": 1, "retries": 1, "dead_letters": 2}}


def test_the_standing_adds_up_the_four_summaries() -> None:
    alerts = {"pending": 1, "claimed": 1, "handed_off": 1, "accepted": 5, "failed": 2, "suppressed": 3, "ambiguous": 4}
    summed = standing(
        {
            "intake": a_summary(complaints=10, contacts=12, classified=10),
            "routing": a_summary(assigned=7, waiting=3, released=0),
            "escalation": a_summary(cases=10, escalated=3, escalations=4),
            "notify": a_summary(alerts=alerts),
        },
        in_queues=6,
    )
    assert summed == Standing(
        complaints=10,
        classified=10,
        quarantined=2,
        assigned=7,
        waiting=3,
        cases=10,
        escalated=3,
        pending=3,
        accepted=5,
        mailed=5,
        failed=2,
        suppressed=3,
        ambiguous=4,
        on_their_way=14,
        put_aside=6,
    )


def test_alerts_that_went_out_as_sms_are_not_looked_for_in_the_mailbox() -> None:
    alerts = {"pending": 0, "accepted": 3, "delivered": 2, "failed": 0, "suppressed": 0, "ambiguous": 0}
    summed = standing(
        {
            "intake": a_summary(complaints=0, classified=0),
            "routing": a_summary(assigned=0, waiting=0, released=0),
            "escalation": a_summary(cases=0, escalated=0),
            "notify": a_summary(alerts=alerts, mails=3),
        }
    )
    assert (summed.accepted, summed.mailed) == (5, 3)
