"""Clocks, duties and levels keep their word over weekends, holidays, both changes of the clocks, and a leap day."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from ombud.local.broker import PrivateBroker
from tests.harness.stage import SOON, Story, at, hire, staged
from tests.harness.system import KETTLE, MILD, System

POLICY = """\
name: calendar
hours:
  - {name: prague, regions: CZ, timezone: Europe/Prague, holidays: CZ, open: {days: mon-fri, from: 08:00, to: 18:00}}
  - {name: elsewhere, regions: "*", timezone: UTC, open: {days: daily, from: 08:00, to: 18:00}}
  - {name: york, regions: US, timezone: America/New_York, open: {days: mon-fri, from: 09:00, to: 18:00}}
triggers:
  - {reason: severity, when: {severity: [high, critical]}}
  - {reason: overdue, clocks: [first_answer, final_response]}
clocks:
  - {name: first_answer, measures: first_answer, starts: received, within: 2h, hours: region, warn: [50],
     tell: coordinator, when: {product: none}}
  - {name: elapsed, measures: first_answer, starts: received, within: 72h, warn: none}
  - {name: days, measures: first_answer, starts: received, within: 3d, warn: none}
  - {name: business_day, measures: first_answer, starts: received, within: 1bd, hours: region, warn: none}
  - {name: reply, measures: resolution, starts: received, within: 15bd, hours: region, warn: none}
  - {name: final_response, measures: resolution, starts: received, within: 8w, warn: none}
ladders:
  - name: duty
    when: {product: Duty 1}
    levels:
      - {name: desk, recipients: "duty:desk", respond_within: 30m}
      - {name: manager, recipients: manager, respond_within: 30m}
  - name: office
    when: {product: Office 1}
    levels:
      - {name: supervisor, recipients: supervisor, respond_within: 30m, hours: region, outside: wait}
      - {name: manager, recipients: manager, respond_within: 30m}
  - name: standard
    levels:
      - {name: supervisor, recipients: supervisor, respond_within: 30m}
      - {name: manager, recipients: manager, respond_within: 30m}
rotas:
  - name: desk
    shifts:
      - people: [petr, ivana]
        timezone: Europe/Prague
        days: daily
        from: 08:00
        to: 15:00
        rotate: {every: 1w, since: 2027-03-15, at: 12:00}
      - {people: [nina], timezone: America/New_York, days: daily, from: 09:00, to: 17:00}
follow_up: {within: 12h}
"""
LAWYER = "My lawyer will contact you about the parcel."
SLIGHT = "Still nothing has come."
ZONES = {"CZ": "Europe/Prague", "US": "America/New_York"}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker) -> Iterator[System]:
    with staged(tmp_path_factory.mktemp("calendar"), broker, "2027-03-12T06:00:00+00:00", POLICY) as system:
        hire(system, "ivana", "supervisor", ["nowhere"])
        hire(system, "nina", "supervisor", ["US"])
        hire(system, "cora", "coordinator", ["US"])
        yield system


@pytest.fixture
def story(system: System) -> Iterator[Story]:
    made = Story(system)
    yield made
    made.end()


def opens_at(story: Story, received_at: str, region: str) -> str:
    """The complaint comes in a minute after it was written."""
    story.comes(at(received_at) + timedelta(minutes=1))
    return story.opens(MILD, region=region, received_at=received_at, customer={"timezone": ZONES[region]})


def are_due(story: Story, received_at: str, region: str) -> dict[str, datetime]:
    case = story.case(opens_at(story, received_at, region))
    return {clock["name"]: at(clock["due_at"]) for clock in case["clocks"]}


def told_at_half_and_at_the_end(story: Story, case_id: str, half: str, due: str, coordinator: str, person: str) -> None:
    story.comes(at(half) - SOON)
    assert story.heard(case_id, coordinator, person) == {coordinator: 0, person: 0}
    story.comes(at(half))
    assert '50% of the time for "first answer" has gone' in story.hears(coordinator, case_id)["text"]
    story.comes(at(due) - SOON)
    assert story.heard(case_id, person) == {person: 0}
    story.comes(at(due))
    assert "the customer has waited longer than agreed" in story.hears(person, case_id)["text"]


# The tests of this file follow each other along the calendar.

# -- spring 2027: New York changes on 14 March, Prague on 28 March, after Good Friday and before Easter Monday


def test_in_new_york_a_weekend_of_23_hours_of_sunday(story: Story) -> None:
    assert are_due(story, "2027-03-12T17:00:00-05:00", "US") == {
        "first_answer": at("2027-03-15T10:00:00-04:00"),
        "elapsed": at("2027-03-15T22:00:00+00:00"),
        "days": at("2027-03-15T17:00:00-04:00"),
        "business_day": at("2027-03-15T18:00:00-04:00"),
        "reply": at("2027-04-02T18:00:00-04:00"),
        "final_response": at("2027-05-07T17:00:00-04:00"),
    }


def test_an_ended_shift_hands_over_to_whoever_is_on_duty_now(story: Story) -> None:
    story.comes(at("2027-03-16T13:30:00+01:00"))  # half an hour before New York begins
    case_id = story.opens(KETTLE, product="Duty 1")
    story.hears("petr", case_id)
    story.answers(case_id, "acknowledge", by="petr")
    story.comes(at("2027-03-16T15:00:00+01:00") - SOON)
    assert story.heard(case_id, "petr", "nina", "ivana") == {"petr": 1, "nina": 0, "ivana": 0}
    story.comes(at("2027-03-16T15:00:00+01:00"))
    assert "the shift of whoever took the case has ended" in story.hears("nina", case_id)["text"]
    assert story.heard(case_id, "petr", "max") == {"petr": 1, "max": 0}


def test_between_the_two_changes_both_are_on_duty_for_an_hour(story: Story) -> None:
    story.comes(at("2027-03-17T14:30:00+01:00"))  # 9:30 in New York
    case_id = story.opens(KETTLE, product="Duty 1")
    story.hears("petr", case_id)
    story.hears("nina", case_id)


def test_while_nobody_is_on_duty_it_climbs_at_once(story: Story) -> None:
    story.comes(at("2027-03-17T17:00:00-04:00"))
    case_id = story.opens(KETTLE, product="Duty 1")
    mail = story.hears("max", case_id)
    assert "level 2" in mail["subject"] and "nobody could be reached at the level before" in mail["text"]
    assert [row["what"] for row in story.timeline(case_id, "level_empty", "escalated")] == ["level_empty", "escalated"]
    assert story.heard(case_id, "petr", "nina", "ivana") == {"petr": 0, "nina": 0, "ivana": 0}


def test_the_week_is_handed_over_at_noon_in_prague(story: Story) -> None:
    noon = at("2027-03-22T12:00:00+01:00")
    story.comes(noon - SOON)
    before = story.opens(KETTLE, product="Duty 1")
    story.hears("petr", before)
    story.comes(noon)
    after = story.opens(KETTLE, product="Duty 1")
    story.hears("ivana", after)
    assert story.heard(before, "ivana") | story.heard(after, "petr") == {"ivana": 0, "petr": 0}


def test_in_prague_days_that_end_in_the_hour_that_is_left_out_end_after_it(story: Story) -> None:
    assert are_due(story, "2027-03-25T02:30:00+01:00", "CZ") == {
        "first_answer": at("2027-03-25T10:00:00+01:00"),
        "elapsed": at("2027-03-28T01:30:00+00:00"),
        "days": at("2027-03-28T03:00:00+02:00"),
        "business_day": at("2027-03-30T18:00:00+02:00"),
        "reply": at("2027-04-19T18:00:00+02:00"),
        "final_response": at("2027-05-20T02:30:00+02:00"),
    }


def test_over_easter_and_the_change_to_summer_time_the_office_clock_rests(story: Story) -> None:
    case_id = opens_at(story, "2027-03-25T17:30:00+01:00", "CZ")
    half, due = "2027-03-30T08:30:00+02:00", "2027-03-30T09:30:00+02:00"
    told_at_half_and_at_the_end(story, case_id, half, due, "karin", "petr")
    assert "it is due on 30 Mar 2027, 09:30 CEST" in story.mails("karin", case_id)[0]["text"]


def test_after_both_changes_only_the_next_one_is_on_duty(story: Story) -> None:
    story.comes(at("2027-03-31T15:30:00+02:00"))  # 9:30 in New York
    case_id = story.opens(KETTLE, product="Duty 1")
    story.hears("nina", case_id)
    assert story.heard(case_id, "petr", "ivana", "max") == {"petr": 0, "ivana": 0, "max": 0}


# -- a weekend without anything else


def test_a_weekend_is_no_business_day(story: Story) -> None:
    assert are_due(story, "2027-04-16T17:00:00+02:00", "CZ") == {
        "first_answer": at("2027-04-19T09:00:00+02:00"),
        "elapsed": at("2027-04-19T15:00:00+00:00"),
        "days": at("2027-04-19T17:00:00+02:00"),
        "business_day": at("2027-04-19T18:00:00+02:00"),
        "reply": at("2027-05-07T18:00:00+02:00"),
        "final_response": at("2027-06-11T17:00:00+02:00"),
    }


def test_a_level_that_waits_for_its_hours_is_alerted_on_monday_morning(story: Story) -> None:
    story.comes(at("2027-04-16T18:00:00+02:00"))
    case_id = story.opens(KETTLE, product="Office 1")
    story.comes(at("2027-04-19T08:00:00+02:00") - SOON)
    assert story.heard(case_id, "petr", "max") == {"petr": 0, "max": 0}
    story.comes(at("2027-04-19T08:00:00+02:00"))
    story.hears("petr", case_id)
    assert story.heard(case_id, "max") == {"max": 0}


# -- autumn 2027: a Czech holiday on Thursday 28 October, Prague changes on the 31st, New York on 7 November


def test_a_czech_holiday_is_no_business_day(story: Story) -> None:
    assert are_due(story, "2027-10-27T17:00:00+02:00", "CZ") == {
        "first_answer": at("2027-10-29T09:00:00+02:00"),
        "elapsed": at("2027-10-30T15:00:00+00:00"),
        "days": at("2027-10-30T17:00:00+02:00"),
        "business_day": at("2027-10-29T18:00:00+02:00"),
        "reply": at("2027-11-19T18:00:00+01:00"),  # 17 November is one, too
        "final_response": at("2027-12-22T17:00:00+01:00"),
    }


def test_in_prague_days_that_end_in_the_hour_that_comes_twice_end_the_first_time(story: Story) -> None:
    assert are_due(story, "2027-10-28T02:30:00+02:00", "CZ") == {
        "first_answer": at("2027-10-29T10:00:00+02:00"),
        "elapsed": at("2027-10-31T00:30:00+00:00"),
        "days": at("2027-10-31T02:30:00+02:00"),
        "business_day": at("2027-10-29T18:00:00+02:00"),
        "reply": at("2027-11-19T18:00:00+01:00"),
        "final_response": at("2027-12-23T02:30:00+01:00"),
    }


def test_in_prague_a_weekend_of_25_hours_of_sunday(story: Story) -> None:
    assert are_due(story, "2027-10-29T17:00:00+02:00", "CZ") == {
        "first_answer": at("2027-11-01T09:00:00+01:00"),
        "elapsed": at("2027-11-01T15:00:00+00:00"),
        "days": at("2027-11-01T17:00:00+01:00"),
        "business_day": at("2027-11-01T18:00:00+01:00"),
        "reply": at("2027-11-22T18:00:00+01:00"),
        "final_response": at("2027-12-24T17:00:00+01:00"),
    }


def test_in_new_york_the_office_clock_rests_over_the_change_to_winter_time(story: Story) -> None:
    case_id = opens_at(story, "2027-11-05T17:30:00-04:00", "US")
    half, due = "2027-11-08T09:30:00-05:00", "2027-11-08T10:30:00-05:00"
    told_at_half_and_at_the_end(story, case_id, half, due, "cora", "nina")


# -- 2028, a leap year: 29 February is a Tuesday


def test_days_end_on_leap_day(story: Story) -> None:
    assert are_due(story, "2028-02-26T12:00:00+01:00", "CZ") == {
        "first_answer": at("2028-02-28T10:00:00+01:00"),
        "elapsed": at("2028-02-29T11:00:00+00:00"),
        "days": at("2028-02-29T12:00:00+01:00"),
        "business_day": at("2028-02-28T18:00:00+01:00"),
        "reply": at("2028-03-17T18:00:00+01:00"),
        "final_response": at("2028-04-22T12:00:00+02:00"),
    }


def test_leap_day_is_a_day_of_work(story: Story) -> None:
    case_id = opens_at(story, "2028-02-28T17:30:00+01:00", "CZ")
    half, due = "2028-02-29T08:30:00+01:00", "2028-02-29T09:30:00+01:00"
    told_at_half_and_at_the_end(story, case_id, half, due, "karin", "petr")


def test_what_begins_on_leap_day_ends_in_march(story: Story) -> None:
    assert are_due(story, "2028-02-29T17:30:00+01:00", "CZ") == {
        "first_answer": at("2028-03-01T09:30:00+01:00"),
        "elapsed": at("2028-03-03T16:30:00+00:00"),
        "days": at("2028-03-03T17:30:00+01:00"),
        "business_day": at("2028-03-01T18:00:00+01:00"),
        "reply": at("2028-03-21T18:00:00+01:00"),
        "final_response": at("2028-04-25T17:30:00+02:00"),
    }


# -- a Monday morning without escalation


def test_six_hours_of_downtime_are_one_step_for_each_case_the_most_severe_first(story: Story) -> None:
    story.comes(at("2028-03-06T09:00:00+01:00"))
    low, medium, high, critical = (story.opens(text) for text in (SLIGHT, MILD, LAWYER, KETTLE))
    put_off, taken = (story.opens(KETTLE, product="Kettle 3") for _ in range(2))
    resting = story.opens(MILD, product="Kettle 3")
    for case_id in (high, critical, put_off, taken):
        story.hears("petr", case_id)
    story.answers(put_off, "snooze", by="petr", **{"for": "5h"})
    story.answers(taken, "acknowledge", by="petr")
    story.system.settle()
    told = story.system.bus.tap("escalation", "case.escalated", "case.warned")
    assert story.system.services["escalation"].stop() == 0
    story.passes(hours=6)
    back_at = story.system.now()
    story.system.services["escalation"].start()
    _all_took_one_step(
        story,
        {
            critical: ("max", 2, 1),
            high: ("max", 2, 1),
            medium: ("petr", 1, 1),
            low: ("petr", 1, 1),
            put_off: ("petr", 1, 2),
        },
        back_at,
    )
    assert story.heard(taken, "petr", "max") | story.heard(resting, "karin") == {"petr": 1, "max": 0, "karin": 0}
    assert (story.case(taken)["state"], story.case(resting)["state"]) == ("acknowledged", "open")
    heard = [(headers["ce-type"], data) for headers, data in story.system.bus.take(told)]
    climbed = [data["severity"] for type_, data in heard if type_ == "case.escalated"]
    assert climbed == ["critical", "critical", "high", "medium", "low"]
    marks = {(data["case_id"], data["percent"]) for type_, data in heard if type_ == "case.warned"}
    assert marks == {(case_id, percent) for case_id in (low, medium, high, critical) for percent in (50, 100)}


def _all_took_one_step(story: Story, expected: dict[str, tuple[str, int, int]], back_at: datetime) -> None:
    """By case: who hears of it, on which level, and how many mails they have now."""
    for case_id, (person, level, mails) in expected.items():
        story.hears(person, case_id, mails)
        case = story.case(case_id)
        assert (case["state"], case["level"]) == ("escalated", level)
        assert at(case["escalated_at"]) >= back_at
        assert at(case["respond_by"]) - at(case["escalated_at"]) == timedelta(minutes=30)
