"""The rules of deploy/monitoring as the tests read them: rules, alerts, and the series that expressions name."""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

MONITORING = Path(__file__).parents[2] / "deploy" / "monitoring"
RULE_FILES = sorted((MONITORING / "rules").glob("*.yml"))
TEST_FILES = sorted((MONITORING / "tests").glob("*.yml"))
# What a scrape adds to each series (prometheus.yml, targets/*.yml).
OF_THE_SCRAPE = frozenset({"service", "instance", "job"})
_SELECTOR = re.compile(r"(?<![\w:])((?:ombud|rabbitmq|process)_\w+|up)\b(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
_GROUPING = re.compile(r"\b(?:by|on|group_left)\s*\(([^)]*)\)")


@dataclass(frozen=True)
class Matcher:
    label: str
    operator: str
    value: str

    def fits(self, value: str) -> bool:
        """As Prometheus would say."""
        same = re.fullmatch(self.value, value) is not None if self.operator.endswith("~") else self.value == value
        return same is not self.operator.startswith("!")

    def never(self, values: Set[str]) -> set[str]:
        """The words of it, one or more with `|` between, that are none of the values."""
        if not self.operator.endswith("~"):
            return {self.value} - values
        return {word for word in self.value.split("|") if not any(re.fullmatch(word, value) for value in values)}


@dataclass(frozen=True)
class Selector:
    """A series as an expression names it."""

    metric: str
    matchers: tuple[Matcher, ...]

    @property
    def labels(self) -> frozenset[str]:
        return frozenset(m.label for m in self.matchers)


def rules() -> list[dict[str, Any]]:
    return [
        rule for path in RULE_FILES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]
    ]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


def unit_tests() -> list[dict[str, Any]]:
    """What promtool is given, of all files."""
    return [test for path in TEST_FILES for test in yaml.safe_load(path.read_text())["tests"]]


def selectors(expression: str) -> Iterator[Selector]:
    for found in _SELECTOR.finditer(_GROUPING.sub("", expression)):
        yield Selector(found[1], tuple(Matcher(*m) for m in _MATCHER.findall(found[2] or "")))


def grouped_by(expression: str) -> set[str]:
    """All labels that it groups or joins by."""
    return {name.strip() for names in _GROUPING.findall(expression) for name in names.split(",")} - {""}
