"""The stored examples, found by their place: `examples/<publisher>/<type>.v1[.<kind>].json`."""

import json
from dataclasses import Field, dataclass, fields
from pathlib import Path
from typing import Any

from shared.contracts.document import EXAMPLES, example_path
from shared.contracts.event import Event, event_class, event_classes


@dataclass(frozen=True)
class Example:
    """One stored event; `kind` is empty for the one with every field."""

    event: type[Event]
    kind: str
    path: Path

    @property
    def fields(self) -> tuple[Field[Any], ...]:
        return fields(self.event)  # type: ignore[arg-type]  # each event is a dataclass, its base is none

    def data(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.path.read_text())
        return loaded

    def __str__(self) -> str:
        return f"{self.event.publisher}/{self.path.stem}"


def example_at(path: Path) -> Example:
    type_, _, kind = path.name.removesuffix(".json").partition(".v1")
    found = event_class(path.parent.name, type_)
    assert found, f"{path} is the example of no event: {type_!r} of {path.parent.name!r}"
    return Example(found, kind.lstrip("."), path)


ALL = [example_at(path) for path in sorted(EXAMPLES.rglob("*.json"))]
FULL = [Example(event, "", example_path(event)) for event in event_classes()]
