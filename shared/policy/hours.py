"""How business hours are written in a policy, and what several of them must agree on. Used by the policy readers."""

from collections.abc import Mapping
from typing import Any

from shared.hours.calendar import Calendar
from shared.hours.holidaybook import holidays_of
from shared.hours.schedule import HolidaysField, Zone
from shared.policy.fields import REGION, Form, Shifts, Word, Words, matching, or_any
from shared.policy.page import Page

NAME = r"[a-z0-9_-]{1,40}"


class HoursForm(Form):
    """One entry of `hours`. A policy in which hours may be named lets the regions be left out, which gives none."""

    name = Word(matching(NAME, "a name such as central"), required=True)
    regions = Words(or_any(REGION), any_alone=False, required=True)
    timezone = Zone(required=True)
    holidays = HolidaysField(load_default=None)
    open = Shifts(required=True)


class NamedHoursForm(HoursForm):
    regions = Words(or_any(REGION), any_alone=False, load_default=frozenset())


def look_at_hours(page: Page, hours: Mapping[int, Any]) -> None:
    """Notes every name and every region that stands there before."""
    page.each_name_once("hours", {n: entry["name"] for n, entry in hours.items()})
    owners: dict[str, str] = {}
    for number, entry in hours.items():
        for region in sorted(entry["regions"]):
            if region in owners:
                page.note(("hours", number, "regions"), f"{region} has hours already: {owners[region]}")
            owners.setdefault(region, entry["name"])


def calendar_of(entry: Mapping[str, Any]) -> Calendar:
    return Calendar(entry["timezone"], tuple(entry["open"]), holidays_of(entry["holidays"]))
