"""Reads company.yml part by part; each mistake goes to the list with its line. Used by company.py."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.intake.classify.model import FLAGS, SEVERITIES
from services.intake.classify.patterns import PatternError, Step, parse_pattern
from services.intake.classify.yamlfile import Lined, read_yaml
from shared.contracts.intake import CATEGORIES

_PARTS = ("categories", "tiers", "products", "campaigns", "matters")
_EFFECT = ("category", "severity", "raises", "flags")
_SPAN = re.compile(r"(\d+)\s*([hd])")
LONGEST_SPAN = timedelta(days=3650)  # of contacts that are older nobody remembers one
_A_SPAN = f"a time like 24h or 7d, at most {LONGEST_SPAN.days}d"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_GAP = 4
_NOTHING = Lined({}, 1)


class CompanyReader:
    """What stands in each part of the file, as plain values."""

    def __init__(self, path: Path, mistakes: list[str]) -> None:
        self._file, self._mistakes = path.name, mistakes
        self._root = read_yaml(path, mistakes)
        self._names(self._root, _PARTS, "part")

    def categories(self) -> tuple[tuple[str, ...], dict[str, str]]:
        """All names, and which shipped category goes under which of them."""
        of: dict[str, str] = {}
        names = list(CATEGORIES)
        for name, value in self._part("categories").mapping.items():
            if not _NAME.fullmatch(name):
                self._mistake(value.line, f"a category is named with small letters, digits and _, not '{name}'")
            names += [name] if name not in names else []
            for shipped, line in value.items_by_line():
                if shipped not in CATEGORIES:
                    self._mistake(line, f"unknown category '{shipped}'; shipped: {', '.join(CATEGORIES)}")
                elif shipped in of:
                    self._mistake(line, f"'{shipped}' goes under '{of[shipped]}' already")
                of[shipped] = name
        gone = {shipped for shipped, name in of.items() if name != shipped} - set(of.values())
        return tuple(n for n in names if n not in gone), {s: n for s, n in of.items() if s != n}

    def products(self) -> dict[str, list[tuple[Step, ...]]]:
        """Patterns by the name of the product."""
        return {name: self.patterns(value) for name, value in self._part("products").mapping.items()}

    def campaigns(self) -> Iterator[tuple[str, Lined]]:
        for name, part in self._part("campaigns").mapping.items():
            if not _NAME.fullmatch(name):
                self._mistake(part.line, f"a campaign is named with small letters, digits, - and _, not '{name}'")
            self._names(part, ("products", "patterns", *_EFFECT), "entry")
            if not {"products", "patterns"} & part.mapping.keys():
                self._mistake(part.line, f"campaign '{name}' needs products or patterns, or it would take everything")
            yield name, part

    def tiers(self) -> Iterator[tuple[str, Lined]]:
        for name, part in self._part("tiers").mapping.items():
            self._names(part, ("severity", "raises", "flags"), "entry")
            yield name.casefold(), part

    def product_names(self, part: Lined, known: dict[str, Any]) -> tuple[str, ...]:
        value = part.mapping.get("products", _NOTHING)
        for name, line in value.items_by_line():
            if name not in known:
                self._mistake(line, f"there is no product '{name}' under products")
        return tuple(name for name, _ in value.items_by_line())

    def effect(self, part: Lined, categories: tuple[str, ...]) -> dict[str, Any]:
        return {
            "category": self._one_of(part, "category", categories),
            "least_severity": self._one_of(part, "severity", SEVERITIES),
            "raises": int(self._value(part, "raises", _whole, "a number of steps, 0 to 3") or 0),
            "flags": tuple(self._checked(n, line, FLAGS, "flag") for n, line in self._items(part, "flags")),
        }

    def patterns(self, value: Lined | None) -> list[tuple[Step, ...]]:
        found: list[tuple[Step, ...]] = []
        for source, line in value.items_by_line() if value else ():
            try:
                sequences = parse_pattern(source, _GAP)
                if any(step.classes for steps in sequences for step in steps):
                    raise PatternError("classes like <role> belong to the language packs")
                found += sequences
            except PatternError as error:
                self._mistake(line, f"pattern '{source}': {error}")
        return found

    def matters(self) -> dict[str, Any]:
        part = self._part("matters")
        read: dict[str, tuple[Callable[[str], Any], str]] = {
            "window": (_span, _A_SPAN),
            "similarity": (_share, "a share from 0 to 1"),
            "repeat_contacts": (_at_least_two, "a number from 2 on"),
            "repeat_within": (_span, _A_SPAN),
        }
        self._names(part, (*read, "repeat_most"), "entry")
        values = {name: self._value(part, name, *how) for name, how in read.items()}
        values["repeat_most"] = self._one_of(part, "repeat_most", SEVERITIES)
        return {name: value for name, value in values.items() if value is not None}

    def _part(self, name: str) -> Lined:
        return self._root.mapping.get(name, _NOTHING)

    def _items(self, part: Lined, name: str) -> list[tuple[str, int]]:
        return part.mapping.get(name, _NOTHING).items_by_line()

    def _one_of(self, part: Lined, name: str, allowed: tuple[str, ...]) -> str | None:
        value = part.mapping.get(name)
        return self._checked(value.text, value.line, allowed, name) if value else None

    def _checked(self, text: str, line: int, allowed: tuple[str, ...], what: str) -> str:
        if text not in allowed:
            self._mistake(line, f"unknown {what} '{text}'; known: {', '.join(allowed)}")
        return text

    def _value(self, part: Lined, name: str, read: Callable[[str], Any], form: str) -> Any:
        value = part.mapping.get(name)
        if value is None:
            return None
        try:
            return read(value.text)
        except ValueError:
            self._mistake(value.line, f"{name} is {form}, not '{value.text}'")
            return None

    def _names(self, part: Lined, allowed: tuple[str, ...], what: str) -> None:
        for name, value in part.mapping.items():
            if name not in allowed:
                self._mistake(value.line, f"unknown {what} '{name}'; known: {', '.join(allowed)}")

    def _mistake(self, line: int, what: str) -> None:
        self._mistakes.append(f"{self._file}:{line}: {what}")


def _whole(text: str) -> int:
    if text not in ("0", "1", "2", "3"):
        raise ValueError(text)
    return int(text)


def _at_least_two(text: str) -> int:
    if int(text) < 2:
        raise ValueError(text)
    return int(text)


def _share(text: str) -> float:
    if not 0 <= float(text) <= 1:
        raise ValueError(text)
    return float(text)


def _span(text: str) -> timedelta:
    match = _SPAN.fullmatch(text.strip())
    if not match:
        raise ValueError(text)
    hours = int(match.group(1)) * (1 if match.group(2) == "h" else 24)
    if hours > LONGEST_SPAN // timedelta(hours=1):
        raise ValueError(text)
    return timedelta(hours=hours)
