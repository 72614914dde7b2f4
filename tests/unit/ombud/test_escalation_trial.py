"""`ombud policy try` tells what escalation would do about a complaint: why, when, and to whom."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.escalation.settings import SHIPPED_POLICY
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintAnswered, ComplaintRated, ComplaintResolved, Customer
from tests.unit.ombud.trials import (
    ID,
    KETTLE,
    LADDERS,
    ROSTER,
    a_classified,
    an_assigned,
    clocks,
    course,
    on_the_bus,
    table,
    trial,
)

MONDAY = datetime(2026, 11, 2, 10, tzinfo=UTC)
PRESETS = SHIPPED_POLICY.parent / "policies"
CRITICAL = ("--escalation", SHIPPED_POLICY, "severity=critical", "region=CZ", "language=cs", "timezone=Europe/Prague")
EVENING = "at=2026-11-26T20:00:00Z"
HOUR = timedelta(hours=1)


def deeds(said: str) -> list[tuple[str, str]]:
    """When somebody was alerted or nobody was left, without the warnings."""
    return [(row[0], row[2]) for row in table(said, "when") if "alerted" in row[2] or row[2] == "exhausted"]


def test_nobody_answers_and_the_case_climbs_until_it_begins_again() -> None:
    said = trial(*CRITICAL, EVENING)
    assert course(said) == [
        ("+0m", "opened", ""),
        ("+0m", "level 1 (supervisor) alerted", "role supervisor"),
        ("+10m", "level 2 (coordinator) alerted", "role coordinator"),
        ("+15m", "warned: 50 % of first_answer", ""),
        ("+20m", "level 3 (manager) alerted", "role manager"),
        ("+24m", "warned: 80 % of first_answer", ""),
        ("+28m 30s", "warned: 95 % of first_answer", ""),
        ("+30m", "clock broken: first_answer", ""),
        ("+35m", "exhausted", ""),
        ("+1h 5m", "level 3 (manager) alerted again", "role manager"),
    ]
    whens = [row[0] for row in table(said, "when")]
    assert whens[0] == whens[1] == "Thu 2026-11-26 21:00", "in the customer's time zone"
    assert whens[6] == "Thu 2026-11-26 21:28:30"
    assert said.splitlines()[-1] == "And so on, until somebody answers."
    assert "escalates     at once: the severity is critical\n" in said
    assert "times         as in Europe/Prague\n" in said


def test_each_step_says_why() -> None:
    whys = [row[4] for row in table(trial(*CRITICAL, EVENING), "when")]
    assert whys[1] == "the severity is critical"
    assert whys[2] == whys[8] == whys[9] == "nobody answered in time"
    assert whys[0] == whys[3] == whys[7] == ""


def test_a_clock_that_breaks_calls_again_though_somebody_has_taken_the_case() -> None:
    said = trial(*CRITICAL, EVENING, "--answer", "9m", "--roster", ROSTER)
    assert [row for row in course(said) if "first_answer" not in row[1]] == [
        ("+0m", "opened", ""),
        ("+0m", "level 1 (supervisor) alerted", "Ivana Benešová, Petr Svoboda"),
        ("+9m", "acknowledged by", "Ivana Benešová"),
        ("+30m", "level 1 (supervisor) alerted again", "Ivana Benešová, Petr Svoboda"),
        ("+40m", "level 2 (coordinator) alerted", "Věra Hrušková"),
        ("+50m", "level 3 (manager) alerted", "Martin Kestrel"),
        ("+1h 5m", "exhausted", ""),
        ("+1h 35m", "level 3 (manager) alerted again", "Martin Kestrel"),
    ]


def test_who_took_the_case_is_reminded_and_called_again_when_nothing_follows(tmp_path: Path) -> None:
    told = [
        a_classified(MONDAY, severity=Severity.CRITICAL),
        ComplaintAnswered(ID, 2, MONDAY + timedelta(minutes=1), "eva"),
    ]
    said = trial(SHIPPED_POLICY, on_the_bus(tmp_path / "told.jsonl", told), "--answer", "5m", "--roster", ROSTER)
    assert course(said) == [
        ("+0m", "opened", ""),
        ("+0m", "level 1 (supervisor) alerted", "David Ormerod"),
        ("+1m", "answered", ""),
        ("+5m", "acknowledged by", "David Ormerod"),
        ("+53m", "reminded: 80 % of follow_up", "David Ormerod"),
        ("+1h 5m", "level 1 (supervisor) alerted again", "David Ormerod"),
    ]
    assert said.splitlines()[-1] == "And so on, as before."


@pytest.mark.parametrize(("answer", "is_in_time"), [("9m", True), ("10m", True), ("11m", False)])
def test_an_answer_at_the_last_moment_is_in_time(answer: str, is_in_time: bool) -> None:
    second = "level 2 (coordinator) alerted"
    before = [what for _, what, _ in course(trial(*CRITICAL, EVENING, "--answer", answer))]
    assert (second in before[: before.index("acknowledged by")]) is not is_in_time


def test_where_all_must_answer_the_answer_of_one_does_not_stop_the_ladder() -> None:
    said = trial(LADDERS, KETTLE, "--at", "2026-11-27T16:30:00Z", "--roster", ROSTER, "--answer", "29m")
    rows = course(said)
    assert rows[0:2] == [
        ("+0m", "opened", ""),
        ("+0m", "level 2 (recall_board) alerted", "Věra Hrušková, Martin Kestrel"),
    ]
    assert ("+15m", "warned: 50 % of first_answer", "Ivana Benešová, Petr Svoboda") in rows
    assert rows[-4:] == [
        ("+29m", "confirmed by", "Věra Hrušková"),
        ("+30m", "clock broken: first_answer", "Ivana Benešová, Petr Svoboda"),
        ("+30m", "exhausted", ""),
        ("+45m", "level 2 (recall_board) alerted again", "Věra Hrušková, Martin Kestrel"),
    ]


def test_a_text_is_read_as_intake_reads_it() -> None:
    said = trial(KETTLE, "--at", "2026-11-27T16:30:00Z")
    read = next(line for line in said.splitlines() if line.startswith("complaint "))
    for fact in (
        "severity critical",
        "category safety",
        "asks for supervisor",
        "flags safety",
        "language cs",
        "region CZ",
    ):
        assert fact in read
    assert "rule          everything" in said, "routing's policy, too"
    verdicts = {name: verdict for name, verdict in table(said, "trigger")}
    assert verdicts["severity"] == verdicts["asked"] == verdicts["flagged"] == "yes"
    assert clocks(said)["supervisor"] == "Fri 2026-11-27 17:45"


def test_clocks_in_business_hours_pass_over_the_weekend(tmp_path: Path) -> None:
    friday = datetime(2026, 11, 27, 16, tzinfo=UTC)  # 17:00 in Prague, one hour before it closes
    czech = Customer("C-1", "standard", "CZ", "cs", "Europe/Prague")
    told = on_the_bus(
        tmp_path / "a.jsonl", [a_classified(friday, severity=Severity.MEDIUM, customer=czech), an_assigned(friday)]
    )
    said = trial(LADDERS, told, "--roster", ROSTER)
    assert table(said, "clock")[0] == [
        "first_answer",
        "Mon 2026-11-30 15:00",
        "50 % Mon 2026-11-30 11:00, 80 % Mon 2026-11-30 13:24, 95 % Mon 2026-11-30 14:36",
    ]
    assert deeds(said) == [
        ("Mon 2026-11-30 15:00", "level 1 (supervisor) alerted"),
        ("Mon 2026-11-30 16:00", "level 2 (coordinator) alerted"),
        ("Mon 2026-11-30 17:00", "level 3 (manager) alerted"),
        ("Mon 2026-11-30 19:00", "exhausted"),
        ("Mon 2026-11-30 23:00", "level 3 (manager) alerted again"),
    ]
    # The duty around the world: at 15:00 UTC Europe's, in the 48th week of the rota, so that of the second.
    assert ("+2d 23h", "level 2 (coordinator) alerted", "Věra Hrušková, David Ormerod") in course(said)
    assert "escalates     +2d 22h: a deadline has passed" in said


@pytest.mark.parametrize(
    ("preset", "zone", "due", "first"),
    [
        (
            "fca",
            "Europe/London",
            {
                "acknowledgement": "Tue 2026-11-03 17:00",
                "summary_resolution": "Thu 2026-11-05 17:00",
                "final_response": "Mon 2026-12-28 10:00",
            },
            ("Tue 2026-11-03 17:00", "level 1 (supervisor) alerted"),
        ),
        (
            "psd2",
            "Europe/Prague",
            # The 17th of November is a holiday, and so are the days from the 24th to the 26th of December.
            {"reply": "Tue 2026-11-24 17:00", "final_reply": "Tue 2026-12-22 17:00"},
            ("Tue 2026-11-24 17:00", "level 1 (supervisor) alerted"),
        ),
        (
            "cfpb",
            "America/New_York",
            {"response": "Tue 2026-11-17 05:00", "final_response": "Fri 2027-01-01 05:00"},
            ("Tue 2026-11-17 05:00", "level 1 (supervisor) alerted"),
        ),
    ],
)
def test_the_presets_have_the_times_of_their_rules(
    tmp_path: Path, preset: str, zone: str, due: dict[str, str], first: tuple[str, str]
) -> None:
    customer = Customer("C-1", None, "GB", "en", zone)
    told = on_the_bus(tmp_path / "a.jsonl", [a_classified(MONDAY, customer=customer), an_assigned(MONDAY)])
    said = trial(PRESETS / f"{preset}.yml", told)
    assert clocks(said) == due
    assert deeds(said)[0] == first


def test_a_clock_that_counts_from_the_receipt_may_be_broken_when_the_complaint_is_heard_of(tmp_path: Path) -> None:
    told = on_the_bus(tmp_path / "a.jsonl", [a_classified(MONDAY), an_assigned(MONDAY)])
    said = trial(PRESETS / "cfpb.yml", told, "--at", "2026-11-18T12:00:00Z")
    assert course(said)[:3] == [
        ("+0m", "opened", ""),
        ("+0m", "assigned", ""),
        ("+0m", "warned: 50 % of response", "role supervisor"),
    ]
    assert deeds(said)[0] == ("Wed 2026-11-18 12:00", "level 1 (supervisor) alerted")


def test_events_are_heard_at_their_times_and_the_clocks_go_on_between_them(tmp_path: Path) -> None:
    told = [
        a_classified(MONDAY),
        an_assigned(MONDAY, teams=("recall",)),
        ComplaintRated(ID, 2, MONDAY + 30 * HOUR, 0.1),
        ComplaintResolved(ID, 3, MONDAY + 31 * HOUR, "eva"),
    ]
    said = trial(SHIPPED_POLICY, on_the_bus(tmp_path / "told.jsonl", told), "--roster", ROSTER)
    assert course(said) == [
        ("+0m", "opened", ""),
        ("+0m", "assigned", ""),
        ("+1d", "warned: 50 % of first_answer", "Ruth Adeyemi, Věra Hrušková"),
        ("+1d 6h", "rated", ""),
        ("+1d 6h", "level 1 (supervisor) alerted", "David Ormerod"),
        ("+1d 7h", "resolved", ""),
    ]
    assert said.splitlines()[-1] == "Nothing more is due."
    assert "low_rating        yes\n" in said


def test_no_further_than_was_asked_for(tmp_path: Path) -> None:
    told = on_the_bus(tmp_path / "a.jsonl", [a_classified(MONDAY), an_assigned(MONDAY)])
    said = trial(SHIPPED_POLICY, told, "--for", "1d")
    assert course(said)[-1] == ("+1d", "warned: 50 % of first_answer", "")
    assert said.splitlines()[-1] == "Next, beyond this time: Wed 2026-11-04 00:24."
    assert "escalates     not in this time\n" in said


def test_without_a_roster_a_duty_is_only_there_while_somebody_has_it() -> None:
    facts = ("severity=low", "asked=supervisor", "region=none-such", "--at", "2026-11-26T20:00:00Z")
    said = trial(LADDERS, "severity=critical", "--at", "2026-11-26T20:00:00Z")
    assert course(said)[1] == ("+0m", "level 1 (duty) alerted", "duty world (karen.whitfield)")
    assert ("+10m", "level 2 (coordinator) alerted", "role coordinator, duty world (karen.whitfield)") in course(
        trial(LADDERS, *facts, "severity=critical")
    )


def test_where_the_ladder_has_nobody_the_case_is_exhausted_at_once(tmp_path: Path) -> None:
    roster = tmp_path / "roster.yml"
    roster.write_text("supervisors: []\n")
    said = trial(*CRITICAL, EVENING, "--roster", roster)
    empty = [(f"level {n} ({name}): nobody is there", "") for n, name in ((1, "supervisor"), (2, "coordinator"))]
    assert [row[1:] for row in course(said)][1:4] == [*empty, ("level 3 (manager): nobody is there", "")]
    assert "escalates     to nobody: no level has anybody\n" in said
    assert "nobody could be reached at level 1" in said
