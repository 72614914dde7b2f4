"""What several entries of a policy must agree on: names, hours, what can be reached; asked by policyfile.py."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.escalation.domain.conditions import NEVER
from services.escalation.domain.covering import covers, fits_everything
from services.escalation.domain.duty import Rota
from services.escalation.domain.ladder import Kind, Ladder, Recipient
from services.escalation.domain.policy import REGION, ClockRule, Measure, StormRule, Trigger
from services.escalation.domain.spans import Span, Unit
from shared.contracts.escalation import EscalationReason
from shared.policy.covering import taken_by, unreachable
from shared.policy.page import Page
from shared.policy.plainyaml import Place
from shared.policy.words import ANY, NONE


@dataclass(frozen=True)
class Parts:
    """The entries of a policy without a mistake of their own, by number; hours as their form gives them."""

    hours: Mapping[int, Any] = field(default_factory=dict)
    triggers: Mapping[int, Trigger] = field(default_factory=dict)
    clocks: Mapping[int, ClockRule] = field(default_factory=dict)
    ladders: Mapping[int, Ladder] = field(default_factory=dict)
    rotas: Mapping[int, Rota] = field(default_factory=dict)
    storms: Mapping[int, StormRule] = field(default_factory=dict)


def look_at_parts(page: Page, parts: Parts) -> None:
    """Notes everything that does not fit together."""
    for part in ("clocks", "ladders", "rotas", "storms"):
        page.each_name_once(part, {n: entry.name for n, entry in getattr(parts, part).items()})
    for number, hours in parts.hours.items():
        if hours["name"] in (REGION, NONE):
            page.note(("hours", number, "name"), f"{hours['name']!r} means something else where hours are named")
    _look_at_triggers(page, parts.triggers)
    _look_at_clocks(page, parts)
    _look_at_ladders(page, parts)
    _look_at_references(page, parts)


def _look_at_triggers(page: Page, triggers: Mapping[int, Trigger]) -> None:
    for number, trigger in triggers.items():
        before = [
            (str(n), one.when)
            for n, one in triggers.items()
            if n < number and one.reason is trigger.reason and _has_its_clocks(one, trigger)
        ]
        if taken := taken_by(trigger.when, before, covers):
            rules = ", ".join(f"triggers.{n}" for n in dict.fromkeys(taken))
            page.note(("triggers", number), f"never fires: all of it is taken by {rules}")


def _has_its_clocks(one: Trigger, other: Trigger) -> bool:
    return not one.clocks or (bool(other.clocks) and other.clocks <= one.clocks)


def _look_at_clocks(page: Page, parts: Parts) -> None:
    regions = {region for hours in parts.hours.values() for region in hours["regions"]}
    for number, clock in parts.clocks.items():
        for text in dict.fromkeys(_faults(clock, ANY in regions)):
            page.note(("clocks", number, "within"), text)
    listed = _entries(page, "clocks")
    ends = any(entry.get("measures") == Measure.RESOLUTION and "when" not in entry for entry in listed)
    loaded = any(c.measures is Measure.RESOLUTION and fits_everything(c.when) for c in parts.clocks.values())
    if _is_list(page, "clocks") and not ends and not loaded:
        page.note(("clocks",), "every case needs an end: one clock measures resolution and has no `when`")
    elif loaded and _is_list(page, "triggers") and not _end_escalates(page, parts):
        page.note(
            ("triggers",),
            "every case needs an end: one trigger of the reason overdue has no `when`, and among its `clocks`, if it "
            "names any, is one that measures resolution and has no `when`",
        )


def _end_escalates(page: Page, parts: Parts) -> bool:
    """A trigger that has a mistake of its own may be the one."""
    if len(parts.triggers) < len(page.written.content["triggers"]):
        return True
    ends = {c.name for c in parts.clocks.values() if c.measures is Measure.RESOLUTION and fits_everything(c.when)}
    overdue = [t for t in parts.triggers.values() if t.reason is EscalationReason.OVERDUE and fits_everything(t.when)]
    return any(not trigger.clocks or trigger.clocks & ends for trigger in overdue)


def _faults(clock: ClockRule, is_every_region_open: bool) -> Iterator[str]:
    for span in clock.within.values():
        if text := _fault(span, clock.hours, is_every_region_open):
            yield text


def _fault(span: Span, hours: str | None, is_every_region_open: bool) -> str | None:
    if span.unit is Unit.DAYS and hours is not None:
        return "d and w are days of the calendar; with hours, write bd (business days) or h (open hours)"
    if span.unit is not Unit.BUSINESS_DAYS:
        return None
    if hours is None:
        return "bd are days with hours, and the clock has none; name its `hours`"
    if hours == REGION and not is_every_region_open:
        return f"bd are days with hours, and some regions have none; give {ANY!r} as a region to some of the `hours`"
    return None


def _look_at_ladders(page: Page, parts: Parts) -> None:
    ladders, listed = parts.ladders, _entries(page, "ladders")
    if not listed:
        if _is_list(page, "ladders"):
            page.note(("ladders",), "at least one")
        return
    last = len(listed) - 1
    if "when" in listed[last] and not (last in ladders and fits_everything(ladders[last].when)):
        page.note(("ladders", last, "when"), "the last ladder has no `when`, so that every case finds one")
    stormy = {str(entry.get("ladder")) for entry in _entries(page, "storms")}
    for number, ladder in ladders.items():
        if ladder.when == NEVER and ladder.name not in stormy:
            page.note(("ladders", number), f"{ladder.name} is never climbed: no storm names it")
    numbers = list(ladders)
    for place, names in unreachable([(ladder.name, ladder.when) for ladder in ladders.values()], covers):
        name = ladders[numbers[place]].name
        if name not in stormy:
            page.note(("ladders", numbers[place]), f"{name} is never climbed: all of it goes to {', '.join(names)}")


def _look_at_references(page: Page, parts: Parts) -> None:
    """An entry with a mistake of its own is there, too."""
    hours, clocks, ladders = (_names(page, part) for part in ("hours", "clocks", "ladders"))
    for number, trigger in parts.triggers.items():
        _note_missing(page, ("triggers", number, "clocks"), sorted(trigger.clocks), clocks, "clock")
    for number, clock in parts.clocks.items():
        _note_missing(page, ("clocks", number, "hours"), _named(clock.hours), hours, "hours")
        _note_missing_rotas(page, ("clocks", number, "tell"), clock.told)
    for number, ladder in parts.ladders.items():
        for n, level in enumerate(ladder.levels):
            place = ("ladders", number, "levels", n)
            _note_missing(page, (*place, "hours"), _named(level.hours), hours, "hours")
            _note_missing_rotas(page, (*place, "recipients"), level.recipients)
    for number, storm in parts.storms.items():
        _note_missing(page, ("storms", number, "ladder"), [storm.ladder], ladders, "ladder")


def _note_missing_rotas(page: Page, place: Place, recipients: Iterable[Recipient]) -> None:
    named = [one.name for one in recipients if one.kind is Kind.DUTY]
    _note_missing(page, place, named, _names(page, "rotas"), "rota")


def _note_missing(page: Page, place: Place, named: Iterable[str], known: Iterable[str], what: str) -> None:
    for name in named:
        if name not in known:
            page.note(place, f"no {what} of the name {name}; there are: {', '.join(known) or 'none'}")


def _named(hours: str | None) -> list[str]:
    return [] if hours in (None, REGION) else [str(hours)]


def _names(page: Page, part: str) -> list[str]:
    return [str(entry["name"]) for entry in _entries(page, part) if isinstance(entry.get("name"), str)]


def _entries(page: Page, part: str) -> list[dict[str, Any]]:
    """As they are written; what is no entry is an empty one."""
    if not _is_list(page, part):
        return []
    return [entry if isinstance(entry, dict) else {} for entry in page.written.content[part]]


def _is_list(page: Page, part: str) -> bool:
    content = page.written.content
    return isinstance(content, dict) and isinstance(content.get(part), list)
