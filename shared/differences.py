"""What a list would change in what is known by the same ids; for the doors that take many people at once. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Changed:
    """fields: the names of those that differ, in the order of the body."""

    id: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """Between what came and what was known, each part by id. stored: false if the caller only wanted to look."""

    stored: bool
    added: tuple[str, ...]
    changed: tuple[Changed, ...]
    unchanged: tuple[str, ...]


def difference(known: Mapping[str, Any], wanted: Mapping[str, Any]) -> Difference:
    """Of dataclasses of one kind, by id; what is known and not wanted is left alone, so it is no difference."""
    both = {id_: _fields(known[id_], wanted[id_]) for id_ in sorted(wanted.keys() & known.keys())}
    return Difference(
        stored=False,
        added=tuple(sorted(wanted.keys() - known.keys())),
        changed=tuple(Changed(id_, names) for id_, names in both.items() if names),
        unchanged=tuple(id_ for id_, names in both.items() if not names),
    )


def _fields(before: Any, after: Any) -> tuple[str, ...]:
    return tuple(f.name for f in fields(after) if getattr(before, f.name) != getattr(after, f.name))
