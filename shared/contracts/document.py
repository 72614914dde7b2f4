"""Writes `docs/events.md` from the contracts; called by hand after a contract changed, with `--check` by `make check`.

`python -m shared.contracts.document [--check] docs/events.md`
"""

import argparse
import inspect
import json
import sys
import textwrap
import types
import typing
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any

# Importing the table of listeners registers every event that exists.
from shared.contracts import topology
from shared.contracts.event import Event, event_classes, to_text
from shared.contracts.failure import ANY_SERVICE

EXAMPLES = Path(__file__).parents[2] / "tests" / "contracts" / "examples"
COMMAND = "python -m shared.contracts.document docs/events.md"

INTRODUCTION = f"""# Events

Every event that a service publishes, with its fields and an example: for whoever listens, ours or yours.
[asyncapi.json](asyncapi.json) has them as well, and with them what upstream sends to Ombud
([an example](../README.md#send-a-complaint)).

Made by `{COMMAND}` from `shared/contracts/`; `make check` refuses a stale
copy, so do not edit it.

Each service publishes on the topic exchange `<service>.events`, with the type as routing key. The body is the data as
JSON (`application/json`). The CloudEvents 1.0 attributes are in the headers (`ce-id`, `ce-source`, `ce-type`,
`ce-subject`, `ce-time`, `ce-specversion`), beside a W3C `traceparent`. Times are RFC 3339 in UTC. Whoever reads ignores
fields that it does not know; fields are only ever added, with a default. Events come twice and in any order:
(`ce-source`, `ce-id`) tells copies apart, revisions and attempts tell what is newer.
"""
LEGEND = """"Id from" names the fields that make two copies the same event: the `ce-id` follows from them. A repair
that must be heard again has an id of its own.
"""
_PLAIN = {str: "text", int: "whole number", float: "number", bool: "true or false", datetime: "time", Any: "any JSON"}


def document() -> str:
    """The whole page."""
    events = event_classes()
    parts = [INTRODUCTION, _overview(events), LEGEND]
    for publisher in sorted({e.publisher for e in events}, key=_place):
        parts.append(f"## {_title(publisher)}\n")
        parts.extend(_section(e) for e in events if e.publisher == publisher)
    parts.append("## Objects inside events\n")
    parts.extend(_object(shape) for shape in _shapes(events))
    return "\n".join(parts)


def example_path(event: type[Event]) -> Path:
    """Where the stored example of an event is, the one with every field."""
    return EXAMPLES / event.publisher / f"{event.type}.v1.json"


def listeners(event: type[Event]) -> tuple[str, ...]:
    """The services with a queue that gets this event."""
    exchanges = [topology.exchange_of(s) for s in _publishers(event)]
    return tuple(
        s
        for s in topology.SERVICES
        if any(q.consumer == s and q.exchange in exchanges and event.type in q.keys for q in topology.QUEUES)
    )


def _publishers(event: type[Event]) -> tuple[str, ...]:
    return topology.SERVICES if event.publisher == ANY_SERVICE else (event.publisher,)


def _place(publisher: str) -> int:
    return len(topology.SERVICES) if publisher == ANY_SERVICE else topology.SERVICES.index(publisher)


def _title(publisher: str) -> str:
    if publisher == ANY_SERVICE:
        return "Any service"
    return f"{publisher.capitalize()} (`{topology.exchange_of(publisher)}`)"


def _overview(events: list[type[Event]]) -> str:
    rows = ["| event | publisher | listeners |", "|---|---|---|"]
    for event in sorted(events, key=lambda e: (_place(e.publisher), e.type)):
        publisher = "any service" if event.publisher == ANY_SERVICE else event.publisher
        heard_by = ", ".join(listeners(event)) or "–"
        rows.append(f"| [`{event.type}`](#{_anchor(event.type)}) | {publisher} | {heard_by} |")
    return "\n".join([*rows, ""])


def _anchor(heading: str) -> str:
    """As GitHub makes it of a heading: dots fall away."""
    return heading.lower().replace(".", "")


def _section(event: type[Event]) -> str:
    identity = ", ".join(f"`{name}`" for name in event.identity) or "nothing: each announcement is an event of its own"
    example = json.dumps(json.loads(example_path(event).read_text()), indent=2, ensure_ascii=False)
    return "\n".join(
        [
            f"### {event.type}\n",
            _text(event),
            f"\nSubject `{event.subject_field}` · id from {identity}\n",
            _fields(event),
            "\n```json",
            example,
            "```\n",
        ]
    )


def _object(shape: type) -> str:
    text = _text(shape)
    return "\n".join([f"### {shape.__name__}\n", *([f"{text}\n"] if text else []), _fields(shape), ""])


def _text(shape: type) -> str:
    """What the class says about itself, and what it inherits from says about the fields."""
    own = [c for c in shape.__mro__ if c not in (object, Event) and not (c.__doc__ or "").startswith(f"{c.__name__}(")]
    return textwrap.fill(" ".join(inspect.cleandoc(c.__doc__) for c in own if c.__doc__), 120, break_on_hyphens=False)


def _fields(shape: type) -> str:
    hints = typing.get_type_hints(shape)
    rows = [f"| `{f.name}` | {_wire(hints[f.name])} | {_default(f)} |" for f in fields(shape)]
    return "\n".join(["| field | on the wire | default |", "|---|---|---|", *rows])


def _wire(hint: Any) -> str:
    """The JSON form of a type hint, in words."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return " or ".join([*(_wire(a) for a in arguments if a is not type(None)), "null"])
    if origin is tuple:
        return f"list of {_wire(arguments[0])}"
    if origin is dict:
        return f"object: text to {_wire(arguments[1])}"
    if is_dataclass(hint):
        name = typing.cast(type, hint).__name__
        return f"[{name}](#{_anchor(name)})"
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return " ".join(f"`{member.value}`" for member in hint)
    return _PLAIN[hint]


def _default(field: "Field[Any]") -> str:
    if field.default is not MISSING:
        return f"`{_json(field.default)}`"
    if field.default_factory is not MISSING:
        return f"`{_json(field.default_factory())}`"
    return "required"


def _json(value: Any) -> str:
    plain = value.value if isinstance(value, Enum) else to_text(value) if isinstance(value, datetime) else value
    return json.dumps(plain)


def _shapes(events: list[type[Event]]) -> list[type]:
    """The dataclasses that fields of events are made of, by name."""
    found: dict[str, type] = {}
    for hint in (h for event in events for h in typing.get_type_hints(event).values()):
        for part in (hint, *typing.get_args(hint)):
            if is_dataclass(part):
                shape = typing.cast(type, part)
                found[shape.__name__] = shape
    return [found[name] for name in sorted(found)]


def main(arguments: list[str] | None = None) -> int:
    """Writes the page, or with --check says whether it is up to date; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m shared.contracts.document", description=document.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 when the file is stale")
    parser.add_argument("file", type=Path)
    asked = parser.parse_args(arguments)
    if not asked.check:
        asked.file.write_text(document(), encoding="utf-8")
        return 0
    if asked.file.is_file() and asked.file.read_text(encoding="utf-8") == document():
        return 0
    sys.stderr.write(f"{asked.file} is stale: {COMMAND}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
