"""Whether an agent is there: presence, then absences, then shifts; and what becomes of what they have."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.routing.domain.presence import Presence, Said, Status, status_at
from services.routing.roster import agent_documents
from shared.hours.calendar import Absence, Calendar
from tests.unit.routing.builders import NOON, Office, an_agent, answered, classified, reopened, resolved
from tests.unit.shared.hours import shifts

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
END = NOON + 10 * MINUTE
ABSENT = (Absence(NOON, END),)
SHIFT = shifts(8, 20, breaks=((13, 14),))  # the break is from 12:00 to 13:00 UTC


def said(presence: Presence, until: datetime | None = None) -> Said:
    return Said(presence, NOON - MINUTE, until)


@pytest.mark.parametrize("presence", [Presence.BUSY, Presence.AWAY, Presence.OFFLINE])
def test_what_is_said_holds_until_its_end(presence: Presence) -> None:
    calendar = Calendar("UTC")
    endless, limited = said(presence), said(presence, END)
    assert status_at(endless, (), calendar, NOON) == (Status(presence.value), None)
    assert status_at(limited, (), calendar, END - SECOND) == (Status(presence.value), END)
    assert status_at(limited, (), calendar, END) == (Status.AVAILABLE, None)


@pytest.mark.parametrize(
    ("until", "look"), [(None, NOON + MINUTE), (END, NOON + MINUTE), (NOON + SECOND, NOON + SECOND)]
)
def test_who_is_busy_is_looked_at_again_when_their_absence_begins(until: datetime | None, look: datetime) -> None:
    soon = Absence(NOON + MINUTE, NOON + 2 * MINUTE)
    assert status_at(said(Presence.BUSY, until), (soon,), Calendar("UTC"), NOON) == (Status.BUSY, look)


@pytest.mark.parametrize(
    ("said_of_her", "absences", "status"),
    [
        (None, (), Status.ON_BREAK),
        (None, ABSENT, Status.ABSENT),
        (said(Presence.AVAILABLE), (), Status.ON_BREAK),  # without an end it only takes back what was said
        (said(Presence.AVAILABLE, END), ABSENT, Status.AVAILABLE),  # overtime
        (said(Presence.BUSY), ABSENT, Status.ABSENT),  # nobody waits for whom is on vacation
        (said(Presence.AWAY, END), ABSENT, Status.ABSENT),
        (said(Presence.BUSY), (), Status.BUSY),
        (said(Presence.OFFLINE, END), (), Status.OFFLINE),
        (said(Presence.OFFLINE), ABSENT, Status.OFFLINE),
    ],
)
def test_what_outranks_what(said_of_her: Said | None, absences: tuple[Absence, ...], status: Status) -> None:
    assert status_at(said_of_her, absences, SHIFT, NOON)[0] is status


def test_off_shift_holiday_and_the_time_of_the_next_look() -> None:
    night, morning = datetime(2026, 11, 2, 22, tzinfo=UTC), datetime(2026, 11, 3, 7, tzinfo=UTC)
    assert status_at(None, (), SHIFT, night) == (Status.OFF_SHIFT, morning)
    free = shifts(8, 20, holidays=frozenset({NOON.date()}))
    assert status_at(None, (), free, NOON)[0] is Status.ON_HOLIDAY
    soon = Absence(night + MINUTE, night + 2 * MINUTE)
    assert status_at(None, (soon,), SHIFT, night) == (Status.OFF_SHIFT, soon.start)


@pytest.fixture
def two(office: Office) -> Office:
    """eva has one without an answer and one with; max could take both."""
    office.at = NOON
    office.employ(an_agent())
    office.tell(classified("open"), classified("answered"))
    office.tell(answered("answered"))
    office.employ(an_agent("max"))
    return office


def holders(office: Office) -> list[str | None]:
    return [office.agent_of("open"), office.agent_of("answered")]


@pytest.mark.parametrize(
    ("presence", "open_goes_to"), [(Presence.BUSY, "eva"), (Presence.AWAY, "eva"), (Presence.OFFLINE, "max")]
)
def test_only_who_is_offline_loses_what_has_no_answer(two: Office, presence: Presence, open_goes_to: str) -> None:
    two.say("eva", presence)
    two.settle()
    assert holders(two) == [open_goes_to, "eva"]
    two.tell(classified("new"))
    assert two.agent_of("new") == "max"


@pytest.mark.parametrize(
    ("plan", "open_goes_to"),
    [
        ({"absences": (Absence(NOON + MINUTE, NOON + 120 * MINUTE),)}, "max"),
        ({"calendar": shifts(8, 14)}, "eva"),  # the shift ends
        ({"calendar": shifts(8, 20, breaks=((14, 15),))}, "eva"),  # the break begins
    ],
)
def test_who_is_absent_loses_them_too_but_not_at_the_end_of_the_shift(
    two: Office, plan: dict[str, Any], open_goes_to: str
) -> None:
    two.employ(an_agent(**plan))
    two.advance(hours=1)
    assert holders(two) == [open_goes_to, "eva"]
    two.tell(classified("new"))
    assert (two.agent_of("new"), two.loads()) == ("max", two.held())


def test_what_was_taken_away_is_lost_and_not_given_back(two: Office) -> None:
    two.say("eva", Presence.OFFLINE)
    two.say("max", Presence.BUSY)
    two.settle()
    two.say("eva", Presence.AVAILABLE, at=NOON + SECOND)
    two.settle()
    found = two.assignment("open")
    assert (found["lost"], found["tried"], found["agent"], found["reason_now"]) == (1, ["eva"], None, "declined")


def test_who_is_back_before_the_tick_loses_nothing(two: Office) -> None:
    two.say("eva", Presence.OFFLINE)
    two.say("eva", Presence.AVAILABLE, at=NOON + SECOND)
    two.settle()
    assert holders(two) == ["eva", "eva"]


def test_one_that_was_answered_and_reopened_has_no_answer(two: Office) -> None:
    two.tell(resolved("answered", 3))
    two.tell(reopened("answered", 4))
    assert two.agent_of("answered") == "eva"
    two.say("eva", Presence.OFFLINE)
    two.settle()
    assert holders(two) == ["max", "max"]


def test_an_older_word_changes_nothing_and_the_same_word_again_neither(two: Office) -> None:
    two.say("eva", Presence.BUSY)
    two.say("eva", Presence.OFFLINE, at=NOON - SECOND)
    two.say("eva", Presence.BUSY)
    with two.db.read() as tx:
        shown = agent_documents.find_agent(tx, "eva")
    assert (shown["status"], shown["presence"]) == (
        "busy",
        {"presence": "busy", "at": "2026-11-02T12:00:00Z", "until": None},
    )


def test_offline_for_a_while_comes_back_by_itself(two: Office) -> None:
    two.say("eva", Presence.OFFLINE, until=END)
    two.settle()
    two.say("max", Presence.BUSY)
    two.tell(classified("new"))
    assert two.agent_of("new") is None
    two.at = END
    two.settle()
    assert two.agent_of("new") == "eva"


def test_who_went_home_and_is_then_offline_loses_them(two: Office) -> None:
    two.employ(an_agent(calendar=shifts(8, 14)))
    two.advance(hours=1)
    two.say("eva", Presence.OFFLINE)
    two.settle()
    assert holders(two) == ["max", "eva"]


def test_of_very_many_none_stays_behind(office: Office) -> None:
    office.at = NOON
    office.employ(an_agent(capacity=250))
    office.tell(*(classified(f"c{n:03}") for n in range(210)))
    office.employ(an_agent("max", capacity=300))
    office.say("eva", Presence.OFFLINE)
    office.settle()
    assert office.loads() == office.held() == {"eva": 0, "max": 210}


def test_a_status_that_is_due_to_be_looked_at_gives_nothing(office: Office) -> None:
    """The shift ended a moment ago, and the tick has not come by yet."""
    office.at = NOON
    office.employ(an_agent(calendar=shifts(8, 14)))
    office.at = NOON + timedelta(hours=1)
    office.tell(classified())
    assert (office.agent_of(), office.assignment(asked="eva")["why_not"]["reason"]) == (None, "off_shift")
