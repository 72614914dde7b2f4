"""The dashboards of deploy/grafana as the tests read them: panels, what they ask Prometheus, variables filled in."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
FILES = sorted((PROJECT / "deploy" / "grafana" / "dashboards").glob("*.json"))
NAMES = [path.stem for path in FILES]
# What Grafana fills in, for a Prometheus that scrapes each second.
FILLED = {"$__rate_interval": "1m", "$__range": "10m", "$region": ".*", "$category": ".*"}
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
_LEGEND = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class Asked:
    """One query of a panel; shown: the labels that its legend or its table needs."""

    panel: str
    expr: str
    is_instant: bool
    shown: frozenset[str]

    @property
    def filled(self) -> str:
        return filled(self.expr)


def board(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(next(path for path in FILES if path.stem == name).read_text())
    return read


def panels(name: str) -> list[dict[str, Any]]:
    """Without the rows."""
    return [panel for panel in board(name)["panels"] if panel["type"] != "row"]


def queries(name: str) -> list[Asked]:
    return [asked for panel in panels(name) for asked in _of(panel)]


def filled(expr: str) -> str:
    for variable, value in FILLED.items():
        expr = expr.replace(variable, value)
    return expr


def variables_in(text: str) -> set[str]:
    return {found for found in _VARIABLE.findall(text) if not found.startswith("__")}


def columns(panel: dict[str, Any]) -> dict[str, str]:
    """Of a table: the fields that it shows, as Prometheus and Grafana call them, with their titles."""
    renamed = (each["options"].get("renameByName") for each in panel["transformations"])
    return next(names for names in renamed if names)


def _of(panel: dict[str, Any]) -> Iterator[Asked]:
    labels = frozenset(n for n in columns(panel) if not n.startswith("Value")) if panel["type"] == "table" else None
    for target in panel["targets"]:
        legend = frozenset(_LEGEND.findall(target.get("legendFormat", "")))
        shown = legend if labels is None else labels
        yield Asked(panel["title"], target["expr"], target["instant"], shown)
