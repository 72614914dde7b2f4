"""Reads the policy as it is written into the Policy that decides; every mistake is named as file:line.

Used by policybook.py, from which the service has its policy, and by `ombud policy`.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError

from services.routing import plainyaml
from services.routing.domain.calendar import Calendar
from services.routing.domain.covering import fits_everything, unreachable
from services.routing.domain.needs import Wanted
from services.routing.domain.policy import BusinessHours, Policy, Relaxation, Rule
from services.routing.holidaybook import holidays_of
from services.routing.plainyaml import NotYaml, Place, Written
from services.routing.policy_schemas import HoursForm, PolicyForm, RuleForm
from shared.contracts.event import Severity

MOST_ENTRIES = 200
WEIGHT = dict.fromkeys(Severity, 1)
PRIORITY = {severity: severity.rank + 1 for severity in Severity}
ANSWER_WITHIN = {
    Severity.LOW: timedelta(days=2),
    Severity.MEDIUM: timedelta(hours=8),
    Severity.HIGH: timedelta(hours=1),
    Severity.CRITICAL: timedelta(minutes=15),
}
_SAID = {
    "Missing data for required field.": "is missing",
    "Field may not be null.": "says nothing",
    "Not a valid list.": "must be a list",
    "Invalid input type.": "must be a mapping",
}


class PolicyError(ValueError):
    """The policy cannot be used; `mistakes` are lines of the form `file:line: where: what`."""

    def __init__(self, mistakes: Sequence[str]):
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


def read(path: Path) -> Policy:
    """The policy in the file; raises PolicyError with every mistake."""
    return parse(read_document(path), str(path))


def read_document(path: Path) -> str:
    """The text of the file; raises PolicyError when it cannot be read."""
    try:
        content = path.read_bytes()
        return content.decode()
    except OSError as error:
        raise PolicyError([f"{path}:1: the file: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PolicyError([f"{path}:{line}: the file: not UTF-8: {error.reason}"]) from error


def parse(text: str, file: str) -> Policy:
    """The policy in a text; `file` is its name in messages. Raises PolicyError with every mistake, by line."""
    try:
        page = _Page(file, plainyaml.read(text))
    except NotYaml as error:
        raise PolicyError([f"{file}:{error.line}: the file: {error}"]) from error
    head = page.load(PolicyForm(), page.written.content, ()) or {}
    rules = page.entries(RuleForm(), "rules")
    hours = page.entries(HoursForm(), "hours")
    _look_at_rules(page, rules)
    _look_at_hours(page, hours)
    page.finish()
    return _policy(head, rules, hours, version_of(text, head["name"]))


def version_of(text: str, name: str) -> str:
    return f"{name}@{hashlib.sha256(text.encode()).hexdigest()[:12]}"


@dataclass
class _Page:
    """One file while it is read; collects the mistakes, so that all are named at once."""

    file: str
    written: Written
    mistakes: list[tuple[int, str]] = field(default_factory=list)

    def load(self, form: Schema, content: Any, place: Place) -> Any:
        """What the form makes of it; None if there is a mistake in it."""
        try:
            return form.load(content)
        except ValidationError as error:
            for inner, text in _faults(error.messages, ()):
                self.note((*place, *inner), text)
            return None

    def entries(self, form: Schema, part: str) -> dict[int, Any]:
        """The entries of one list without a mistake, by number; that the list is missing is not said here."""
        content = self.written.content
        listed = content.get(part) if isinstance(content, dict) else None
        if listed is not None and not isinstance(listed, list):
            self.note((part,), "must be a list")
        if not isinstance(listed, list):
            return {}
        if len(listed) > MOST_ENTRIES:
            self.note((part,), f"more than {MOST_ENTRIES} entries")
        loaded = {n: self.load(form, entry, (part, n)) for n, entry in enumerate(listed[:MOST_ENTRIES])}
        return {n: entry for n, entry in loaded.items() if entry is not None}

    def note(self, place: Place, text: str) -> None:
        where = ".".join(map(str, place)) or "the file"
        self.mistakes.append((self.written.line_of(place), f"{where}: {text}"))

    def finish(self) -> None:
        """Raises PolicyError if anything was noted."""
        twice = [
            (line, f"{'.'.join(map(str, place)) or 'the file'}: {text}") for place, line, text in self.written.faults
        ]
        mistakes = dict.fromkeys(f"{self.file}:{line}: {text}" for line, text in sorted(self.mistakes + twice))
        if mistakes:
            raise PolicyError(list(mistakes))


def _faults(messages: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Every fault in marshmallow's messages; lists hold texts or, of validators, further mappings."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _faults(inner, place if key == "_schema" else (*place, key))
    elif isinstance(messages, list):
        for inner in messages:
            yield from _faults(inner, place)
    else:
        yield place, _SAID.get(str(messages), str(messages))


def _look_at_rules(page: _Page, rules: Mapping[int, Any]) -> None:
    content = page.written.content
    listed = content.get("rules") if isinstance(content, dict) else None
    if isinstance(listed, list):
        _look_at_last_rule(page, listed, rules.get(len(listed) - 1))
    _each_name_once(page, "rules", rules)
    numbers = list(rules)
    for place, names in unreachable([(rule["name"], rule["when"]) for rule in rules.values()]):
        taken = ", ".join(names)
        page.note(
            ("rules", numbers[place]), f"{rules[numbers[place]]['name']} is never used: all of it goes to {taken}"
        )


def _look_at_last_rule(page: _Page, listed: Sequence[Any], loaded: Mapping[str, Any] | None) -> None:
    """loaded: None if there is a mistake in it; then it is seen by its form alone."""
    if not listed:
        page.note(("rules",), "an empty list")
        return
    shown = isinstance(listed[-1], dict) and "when" in listed[-1]
    if not fits_everything(loaded["when"]) if loaded else shown:
        page.note(("rules", len(listed) - 1), "the last rule has no `when`, so that it catches the rest")


def _look_at_hours(page: _Page, hours: Mapping[int, Any]) -> None:
    _each_name_once(page, "hours", hours)
    owners: dict[str, str] = {}
    for number, entry in hours.items():
        for region in sorted(entry["regions"]):
            if region in owners:
                page.note(("hours", number, "regions"), f"{region} has hours already: {owners[region]}")
            owners.setdefault(region, entry["name"])


def _each_name_once(page: _Page, part: str, entries: Mapping[int, Any]) -> None:
    seen: set[str] = set()
    for number, entry in entries.items():
        if entry["name"] in seen:
            page.note((part, number, "name"), f"{entry['name']!r} stands here twice")
        seen.add(entry["name"])


def _policy(head: Mapping[str, Any], rules: Mapping[int, Any], hours: Mapping[int, Any], version: str) -> Policy:
    said = {name: head[name] for name in ("score", "ageing", "spacing", "patience", "attempts") if name in head}
    return Policy(
        version=version,
        rules=tuple(_rule(entry, head["defaults"]) for entry in rules.values()),
        hours=tuple(map(_hours, hours.values())),
        **said,
    )


def _rule(entry: Mapping[str, Any], defaults: Mapping[str, Any]) -> Rule:
    """What the rule does not say is as the defaults say, key by key; its relaxations are either all its own or none."""
    wanted = replace(Wanted(), **(defaults.get("needs", {}) | entry["needs"]))
    steps = defaults.get("relax") if entry["relax"] is None else entry["relax"]
    return Rule(
        name=entry["name"],
        when=entry["when"],
        wanted=wanted,
        weight=WEIGHT | defaults.get("weight", {}) | entry["weight"],
        priority=PRIORITY | defaults.get("priority", {}) | entry["priority"],
        answer_within=ANSWER_WITHIN | defaults.get("answer_within", {}) | entry["answer_within"],
        relax=tuple(_relaxations(wanted, steps or ())),
        follow_the_sun=entry["follow_the_sun"],
    )


def _relaxations(wanted: Wanted, steps: Sequence[Mapping[str, Any]]) -> Iterator[Relaxation]:
    """Each step changes what the one before it left."""
    for step in steps:
        wanted = replace(wanted, **{name: value for name, value in step.items() if name != "after"})
        yield Relaxation(step["after"], wanted)


def _hours(entry: Mapping[str, Any]) -> BusinessHours:
    calendar = Calendar(entry["timezone"], tuple(entry["open"]), holidays_of(entry["holidays"]))
    return BusinessHours(entry["name"], entry["regions"], calendar)
