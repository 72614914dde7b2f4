"""Reads a roster file and checks its form before anything is sent, every fault with its line; also for `run`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ombud.roster.lined_yaml import Loader, line_of, lines_in
from ombud.trouble import Trouble

_AGENT = "id name skills languages regions teams capacity timezone shifts absences holidays"
_SUPERVISOR = "id name role regions languages leads timezone absences"
_CONTACT = "person name email phone slack teams webhook apprise language timezone channels quiet_hours gather wishes"


@dataclass(frozen=True)
class Part:
    """One list of the file: the service that owns it, its door, the key that names an entry, and all keys there are."""

    title: str
    service: str
    path: str
    id_key: str
    keys: frozenset[str]


PARTS = (
    Part("agents", "routing", "/v1/agents", "id", frozenset(_AGENT.split())),
    Part("supervisors", "escalation", "/v1/supervisors", "id", frozenset(_SUPERVISOR.split())),
    Part("contacts", "notify", "/v1/contacts", "person", frozenset(_CONTACT.split())),
)
_PART_OF = {part.title: part for part in PARTS}


@dataclass(frozen=True)
class Entry:
    """One person of one part; `lines`: by JSON pointer that of each value, and that of the entry itself ("")."""

    id: str
    data: dict[str, Any]
    lines: dict[str, int]

    def line_of(self, pointer: str) -> int:
        """The line of what a JSON pointer names, else of what it is in."""
        while pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines[pointer]


@dataclass(frozen=True)
class Fault:
    line: int
    text: str


@dataclass
class Form:
    """The entries of each part, the line where each part begins, and everything that is wrong with the file."""

    entries: dict[str, list[Entry]] = field(default_factory=lambda: {part.title: [] for part in PARTS})
    lines: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def parts(self) -> list[Part]:
        """Those that name somebody."""
        return [part for part in PARTS if self.entries[part.title]]


def read_file(file: Path) -> Form:
    """Raises Trouble for what is no text."""
    try:
        return read_form(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Trouble(f"{file} is not UTF-8: {error.reason} at byte {error.start}") from error


def read_form(text: str) -> Form:
    form = Form()
    try:
        loader = Loader(text)
        root = loader.get_single_node()
        if isinstance(root, yaml.MappingNode):
            for key, node in root.value:
                _read_part(loader, key, node, form)
        else:
            form.faults.append(Fault(1, f"a roster has the lists {', '.join(_PART_OF)}"))
    except yaml.YAMLError as error:
        return Form(faults=[_unreadable(error, text)])
    return form


def _unreadable(error: yaml.YAMLError, text: str) -> Fault:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        return Fault(mark.line + 1 if mark else 1, f"not YAML: {error.problem}")
    place = getattr(error, "position", 0)
    return Fault(text.count("\n", 0, place) + 1, f"not YAML: {getattr(error, 'reason', error)}")


def _read_part(loader: Loader, key: yaml.Node, node: yaml.Node, form: Form) -> None:
    part, line = _PART_OF.get(str(key.value)), line_of(key)
    if part is None:
        form.faults.append(Fault(line, f"{key.value!r} is none of {', '.join(_PART_OF)}"))
        return
    if first := form.lines.get(part.title):
        form.faults.append(Fault(line, f"{part.title} stand here twice, first in line {first}"))
    form.lines.setdefault(part.title, line)
    if not isinstance(node, yaml.SequenceNode):
        form.faults.append(Fault(line, f"{part.title} is not a list"))
        return
    known = {entry.id: entry for entry in form.entries[part.title]}
    for item in node.value:
        entry = _read_entry(loader, part, item, form.faults)
        if entry and (twice := known.setdefault(entry.id, entry)) is not entry:
            text = f"{part.title}: {entry.id} stands here twice, first in line {twice.lines['']}"
            form.faults.append(Fault(entry.lines[""], text))
        elif entry:
            form.entries[part.title].append(entry)


def _read_entry(loader: Loader, part: Part, node: yaml.Node, faults: list[Fault]) -> Entry | None:
    """None for what has no name; its faults, and those of what has one, are added."""
    if not isinstance(node, yaml.MappingNode):
        faults.append(Fault(line_of(node), f"{part.title}: an entry is a mapping with {part.id_key}, …"))
        return None
    faults += (Fault(line, f"{part.title}: {key!r} stands here twice") for key, line in _keys_twice(node))
    loader.flatten_mapping(node)
    data = {str(key.value): loader.value_of(value) for key, value in node.value}
    lines = {"": line_of(node), **dict(lines_in(node))}
    for key in sorted(data.keys() - part.keys):
        text = f"{part.title}: unknown key {key!r}; there are {', '.join(sorted(part.keys))}"
        faults.append(Fault(lines[f"/{key}"], text))
    faults += (Fault(lines[f"/{key}"], f"{part.title}: {text}") for key, text in _no_json(data))
    entry_id = data.get(part.id_key)
    if not isinstance(entry_id, str) or not entry_id or "/" in entry_id:
        faults.append(Fault(lines[""], f"{part.title}: {part.id_key} is missing or not a name"))
        return None
    return Entry(entry_id, data, lines)


def _keys_twice(node: yaml.MappingNode) -> Iterator[tuple[str, int]]:
    seen: set[str] = set()
    for key, _ in node.value:
        name = str(key.value)
        if name in seen:
            yield name, line_of(key)
        seen.add(name)


def _no_json(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What could not be sent: YAML knows more kinds of values than JSON, and halves of letters."""
    for key, value in data.items():
        try:
            json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
        except (TypeError, ValueError) as error:
            yield key, f"{key} cannot be written as JSON: {error}"


def without_contact(form: Form) -> list[Entry]:
    """Supervisors whom nobody could reach by what is in this file."""
    reachable = {entry.id for entry in form.entries["contacts"]}
    return [entry for entry in form.entries["supervisors"] if entry.id not in reachable]
