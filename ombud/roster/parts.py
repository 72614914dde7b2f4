"""Asks each service to check or to store its part of a roster, as one list, all or nothing; for command.py."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import requests

from ombud.doors import Answer, Doors
from ombud.roster.form import Fault, Form, Part
from ombud.trouble import Trouble

PATIENCE = 120.0  # seconds for one part: twenty thousand people take a while

WORKING = ("agents", "supervisors")


@dataclass(frozen=True)
class Difference:
    """What a part would change at its service. changed: the names of the fields that differ, by id."""

    part: Part
    added: list[str]
    changed: dict[str, list[str]]
    unchanged: list[str]

    @property
    def is_there(self) -> bool:
        return bool(self.added or self.changed)


@dataclass(frozen=True)
class Refusal:
    """A part that its service does not take, with every fault by its line."""

    part: Part
    faults: list[Fault]


class NoAnswer(Trouble):
    """The service did not say what it did: it may have stored the part, or not."""


class Halfway(Trouble):
    """Some parts are stored and others are not; the text says which. faults: why the service refused, by line."""

    def __init__(self, text: str, faults: list[Fault]):
        super().__init__(text)
        self.faults = faults


def check(form: Form, doors: Doors) -> list[Difference | Refusal]:
    """What every service says to its part; nothing is stored. Raises Trouble when one does not say anything."""
    try:
        return [_ask(form, part, doors, {"check": "true"}) for part in form.parts]
    except Trouble as trouble:
        raise Trouble(f"{trouble}; nothing was applied") from trouble


def who_stays(form: Form, doors: Doors) -> dict[str, list[str]]:
    """By part, who gets complaints or alerts though the file, which names others of the kind, does not name them."""
    staying = {}
    for part in form.parts:
        if part.title in WORKING:
            try:
                answer = doors.get(part.service, part.path)
            except requests.RequestException as error:
                raise NoAnswer(
                    f"{part.service} does not answer: {type(error).__name__}; nothing was applied"
                ) from error
            named = {entry.id for entry in form.entries[part.title]}
            staying[part.title] = [p["id"] for p in answer.body.get(part.title, ()) if p["id"] not in named]
    return staying


def store(form: Form, doors: Doors) -> Iterator[Part]:
    """Each part once it is stored; raises Halfway at the first that is not. Stored again, nothing changes."""
    for place, part in enumerate(form.parts):
        try:
            answer = _ask(form, part, doors, {})
        except Trouble as trouble:
            raise _halfway(form, place, str(trouble), isinstance(trouble, NoAnswer)) from trouble
        if isinstance(answer, Refusal):
            raise _halfway(form, place, f"{part.service} refuses the {part.title} now", False, answer.faults)
        yield part


def _halfway(form: Form, place: int, why: str, is_unsure: bool, faults: list[Fault] | None = None) -> Halfway:
    titles = [part.title for part in form.parts]
    became = {
        "applied": titles[:place],
        "perhaps applied": titles[place : place + is_unsure],
        "not applied": titles[place + is_unsure :],
    }
    told = "; ".join(f"{what}: {', '.join(those)}" for what, those in became.items() if those)
    return Halfway(f"{why}; {told}; applying the file again is harmless", faults or [])


def _ask(form: Form, part: Part, doors: Doors, query: dict[str, str]) -> Difference | Refusal:
    body = {part.title: [entry.data for entry in form.entries[part.title]]}
    where = f"{part.service} at {doors.urls[part.service]}"
    try:
        answer = doors.put(part.service, part.path, body, query, PATIENCE)
    except requests.RequestException as error:
        raise NoAnswer(f"{where} does not answer: {type(error).__name__}") from error
    _raise_unless_meant(answer, part, where)
    if not answer.is_ok:
        return Refusal(part, [_fault(form, part, pointer, text) for pointer, text in answer.errors])
    changed = {str(each["id"]): list(each["fields"]) for each in answer.body["changed"]}
    return Difference(part, answer.body["added"], changed, answer.body["unchanged"])


def _raise_unless_meant(answer: Answer, part: Part, where: str) -> None:
    """Raises Trouble unless this answers the list: it was taken, or refused for what is in it."""
    what = answer.errors[0][1]
    if answer.status >= 500:
        raise NoAnswer(f"{where} could not take the {part.title}: {what}; look into its log")
    if answer.status in (401, 403):
        raise Trouble(f"{where} refuses the token: {what}; give another with --token")
    is_answer = {"added", "changed", "unchanged"} <= answer.body.keys()
    if answer.status in (404, 405) or (answer.is_ok and not is_answer):
        raise Trouble(f"{where} has no door that takes many {part.title} (HTTP status {answer.status})")


def _fault(form: Form, part: Part, pointer: str, text: str) -> Fault:
    """Where it stands in the file; what is about no entry stands where the part begins."""
    entries = form.entries[part.title]
    found = re.fullmatch(rf"/{part.title}/(\d+)(/.*)?", pointer)
    if found is None or int(found[1]) >= len(entries):
        return Fault(form.lines[part.title], f"{part.title}: {text}")
    entry, inner = entries[int(found[1])], found[2] or ""
    return Fault(entry.line_of(inner), ": ".join(filter(None, (entry.id, inner, text))))
