"""Reads a roster file and checks its form before anything is sent, every fault with its line; for roster.py."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml


@dataclass(frozen=True)
class Part:
    """One list of the file: the service that owns it, its door, the key that names an entry, and all keys there are."""

    title: str
    service: str
    path: str
    id_key: str
    keys: frozenset[str]


PARTS = (
    Part(
        "agents", "routing", "/v1/agents", "id", frozenset(("id", "name", "languages", "skills", "regions", "capacity"))
    ),
    Part(
        "supervisors", "escalation", "/v1/supervisors", "id", frozenset(("id", "name", "role", "regions", "languages"))
    ),
    Part(
        "contacts",
        "notify",
        "/v1/contacts",
        "person",
        frozenset(("person", "name", "email", "phone", "language", "timezone", "channels")),
    ),
)
_PART_OF = {part.title: part for part in PARTS}


@dataclass(frozen=True)
class Entry:
    """One person of one part; `lines` has the line of the entry ("") and of each of its keys."""

    id: str
    data: dict[str, Any]
    lines: dict[str, int]

    def line_of(self, pointer: str) -> int:
        """The line of what a JSON pointer names, or of the entry."""
        return self.lines.get(pointer.strip("/").split("/")[0], self.lines[""])


@dataclass(frozen=True)
class Fault:
    line: int
    text: str


@dataclass
class Form:
    """The entries of each part, and everything that is wrong with the file."""

    entries: dict[str, list[Entry]] = field(default_factory=lambda: {part.title: [] for part in PARTS})
    faults: list[Fault] = field(default_factory=list)


class _Loader(yaml.SafeLoader):
    """Builds values node by node, as lines are lost in a finished document."""


def read_form(text: str) -> Form:
    form = Form()
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return Form(faults=[Fault(mark.line + 1 if mark else 1, f"not YAML: {error.problem}")])
    if not isinstance(root, yaml.MappingNode):
        return Form(faults=[Fault(1, f"a roster has the lists {', '.join(_PART_OF)}")])
    for key, node in root.value:
        _read_part(loader, key, node, form)
    return form


def _read_part(loader: _Loader, key: yaml.Node, node: yaml.Node, form: Form) -> None:
    part = _PART_OF.get(str(key.value))
    if part is None:
        form.faults.append(Fault(_line(key), f"{key.value!r} is none of {', '.join(_PART_OF)}"))
        return
    if not isinstance(node, yaml.SequenceNode):
        form.faults.append(Fault(_line(key), f"{part.title} is not a list"))
        return
    for item in node.value:
        form.faults.extend(_read_entry(loader, part, item, form.entries[part.title]))


def _read_entry(loader: _Loader, part: Part, node: yaml.Node, entries: list[Entry]) -> Iterator[Fault]:
    if not isinstance(node, yaml.MappingNode):
        yield Fault(_line(node), f"{part.title}: an entry is a mapping with {part.id_key}, …")
        return
    lines = {"": _line(node)} | {str(key.value): _line(key) for key, _ in node.value}
    data = {str(k.value): loader.construct_object(v, deep=True) for k, v in node.value}
    for key in sorted(data.keys() - part.keys):
        yield Fault(lines[key], f"{part.title}: unknown key {key!r}; there are {', '.join(sorted(part.keys))}")
    entry_id = data.get(part.id_key)
    if not isinstance(entry_id, str) or not entry_id or "/" in entry_id:
        yield Fault(lines[""], f"{part.title}: {part.id_key} is missing or not a name")
        return
    if first := next((e for e in entries if e.id == entry_id), None):
        yield Fault(lines[""], f"{part.title}: {entry_id} stands here twice, first in line {first.lines['']}")
    entries.append(Entry(entry_id, data, lines))


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def without_contact(form: Form) -> list[Entry]:
    """Supervisors whom nobody could reach."""
    reachable = {entry.id for entry in form.entries["contacts"]}
    return [entry for entry in form.entries["supervisors"] if entry.id not in reachable]
