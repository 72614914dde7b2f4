"""What a list would change in what is known by the same ids; for the doors that take many people at once. Pure."""

from collections.abc import Collection, Mapping
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


def difference(known: Mapping[str, Any], wanted: Mapping[str, Any], but: Collection[str] = ()) -> Difference:
    """Of dataclasses of one kind, or of mappings with the same keys, by id; what is known and not wanted is left alone,
    so it is no difference.

    but: names of fields that no caller sets.
    """
    both = {id_: _fields(known[id_], wanted[id_], but) for id_ in sorted(wanted.keys() & known.keys())}
    return Difference(
        stored=False,
        added=tuple(sorted(wanted.keys() - known.keys())),
        changed=tuple(Changed(id_, names) for id_, names in both.items() if names),
        unchanged=tuple(id_ for id_, names in both.items() if not names),
    )


def _fields(before: Any, after: Any, but: Collection[str]) -> tuple[str, ...]:
    said, wanted = _by_name(before), _by_name(after)
    return tuple(name for name in wanted if name not in but and said[name] != wanted[name])


def _by_name(one: Any) -> Mapping[str, Any]:
    return one if isinstance(one, Mapping) else {f.name: getattr(one, f.name) for f in fields(one)}
