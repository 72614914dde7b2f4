"""The series that docs/metrics.md describes, read from its tables; for the tests that hold it against what runs."""

import re
from dataclasses import dataclass, field

from shared.contracts.topology import SERVICES
from tests.api.documents import PROJECT

PAGE = PROJECT / "docs" / "metrics.md"
_HEADING = re.compile(r"(?m)^## ")
_ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| (.+?) \| .+ \|$", re.MULTILINE)
_LABEL = re.compile(r"`(\w+)`: ([^;]+)")
_OF_SERVICE = re.compile(r"^- `(\w+)` of ((?:`\w+`(?:, )?)+): (.+)$", re.MULTILINE)
_NAMES = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Values:
    """What a label can be; is_open: other values, too, that are set up. single: one at a time, whatever it is."""

    named: frozenset[str] = frozenset()
    is_open: bool = False
    is_single: bool = False


@dataclass
class DescribedSeries:
    type: str
    labels: dict[str, Values] = field(default_factory=dict)


def described() -> dict[str, dict[str, DescribedSeries]]:
    """By service and name."""
    parts = {part.partition("\n")[0]: part for part in _HEADING.split(PAGE.read_text(encoding="utf-8"))}
    return {service: _of(parts["In every service"], parts[service.capitalize()]) for service in SERVICES}


def _of(shared: str, own: str) -> dict[str, DescribedSeries]:
    found = {name: DescribedSeries(type_, _labels(cell)) for name, type_, cell in _ROW.findall(shared + own)}
    for label, names, values in _OF_SERVICE.findall(own):
        for name in _NAMES.findall(names):
            found[name].labels[label] = _values(values)
    return found


def _labels(cell: str) -> dict[str, Values]:
    return {label: _values(text) for label, text in _LABEL.findall(cell)}


def _values(text: str) -> Values:
    return Values(frozenset(_NAMES.findall(text)), text.startswith("as set up"), text == "one")
