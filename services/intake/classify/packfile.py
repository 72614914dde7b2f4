"""Reads the files of one language into a Pack, and says what a pack may say; used by packs."""

import re
from dataclasses import dataclass
from pathlib import Path

from services.intake.classify.matcher import CLASSES, LISTS, OTHERS, Matcher
from services.intake.classify.model import FLAGS
from services.intake.classify.patterns import PatternError, Step, parse_pattern
from services.intake.classify.rulebook import Rule
from services.intake.classify.yamlfile import Lined

# What a pack may say. The classes under `ask` and `words` can be referred to as <name>; so can the entries of `lists`,
# which have names of the pack's own choice, and which the classes may use too.
ASK_CLASSES = (
    "role",
    "executive",
    "authority",
    "human",
    "someone",
    "wish",
    "contact",
    "past_request",
    "unwish",
    "unmet",
    "fulfilled",
    "reported",
    "praise",
    "direct",
    "direct_executive",
    "direct_human",
    "own_role",
    "not_role",
    "about",
    "onward",
    "contrast",
    "firm",
    "recall",
)
WORD_CLASSES = (
    "person",
    "child",
    "body",
    "hazard",
    "vulnerable",
    "cutoff",
    "business",
    "absence",
    "linking",
    "problem",
    "mild",
    "ultimatum",
    "department",
    "idiom",
    "friendly",
    "stressed",
    "frail",
    "lifeline",
    "failing",
    "standstill",
)
NOT_ROLE = "not_role"
VETOES_ON_TARGET = ("own_role", NOT_ROLE, "about")
# A veto, or a request in one piece, reaches no further than its clause: "I am tired of this, get me the manager".
_WITHIN_CLAUSE = (*VETOES_ON_TARGET, "fulfilled", "unwish", "direct", "direct_executive", "direct_human")
_LEVELS = {"critical": FLAGS, "high": FLAGS, "raise": ("repeat_contact", "deadline"), "none": FLAGS}
_SECTIONS = ("extends", "without", "lists", "ask", "words", "category", "severity", "anger", "mail", "gap")
_LANGUAGE = re.compile(r"[a-z]{2}")
_LIST_NAME = re.compile(r"[a-z_]{2,30}")
_DEFAULT_GAP = 4
_NOTHING = Lined({}, 1)
_LONGEST_PATTERN = 120


@dataclass(frozen=True)
class Pack:
    """One language, compiled."""

    language: str
    matcher: Matcher
    signoffs: tuple[str, ...]

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """Every rule that can fire, sorted."""
        return tuple(sorted(self.matcher.rules.ids()))


class PackReader:
    """Walks the files of one language; every mistake goes to the list with its line, and reading goes on."""

    def __init__(self, path: Path, mistakes: list[str], categories: tuple[str, ...]) -> None:
        self.file, self.language = path.name, path.stem
        self.root, self.mistakes = _NOTHING, mistakes
        self.categories = categories
        self.matcher = Matcher()
        self.lists: set[str] = set()
        self.classes: set[str] = set()
        self.gap = _DEFAULT_GAP
        self.ids: dict[str, tuple[int, float]] = {}
        self.without: dict[str, int] = {}
        self.is_base = False

    def read(self, roots: list[tuple[str, Lined]]) -> Pack:
        """roots: the company's own file first, then the shipped one that it extends; what stands first wins."""
        if not _LANGUAGE.fullmatch(self.language):
            self.mistake(1, f"a pack is named after its language, like cs.yml, not {self.file}")
        for _, root in roots:
            for section, names in (("ask", ASK_CLASSES), ("words", WORD_CLASSES)):
                self.classes |= {name for name in root.mapping.get(section, _NOTHING).mapping if name in names}
            self.lists |= set(root.mapping.get("lists", _NOTHING).mapping)
        self.without = dict(roots[0][1].mapping.get("without", _NOTHING).items_by_line())
        signoffs: list[str] = []
        for number, (self.file, self.root) in enumerate(roots):
            self.is_base = number > 0
            self._read_root()
            signoffs += self._signoffs()
        for id_, line in self.without.items():
            if id_ not in self.ids:
                self.mistake(line, f"there is no rule '{id_}' to do without")
        self.matcher.finish()
        return Pack(self.language, self.matcher, tuple(signoffs))

    def _read_root(self) -> None:
        self._check_names(self.root, _SECTIONS, "section")
        self._read_gap()
        self._read_lists()
        for section, names in (("ask", ASK_CLASSES), ("words", WORD_CLASSES)):
            part = self.root.mapping.get(section, _NOTHING)
            self._check_names(part, names, "class")
            for name, value in part.mapping.items():
                self._add_all(value, (section, name, 1.0))
        self._read_categories()
        self._read_severity()
        self._read_anger()

    def mistake(self, line: int, what: str) -> None:
        self.mistakes.append(f"{self.file}:{line}: {what}")

    def _check_names(self, part: Lined, allowed: tuple[str, ...], what: str) -> None:
        if part.text:
            self.mistake(part.line, f"here stand {what} names with their entries, not a text")
        for name, value in part.mapping.items():
            if name not in allowed:
                self.mistake(value.line, f"unknown {what} '{name}'; known: {', '.join(allowed)}")

    def _read_gap(self) -> None:
        gap = self.root.mapping.get("gap")
        if gap is None:
            return
        if gap.text.isdigit() and 1 <= int(gap.text) <= 16:
            self.gap = int(gap.text)
        else:
            self.mistake(gap.line, f"gap is a number of words from 1 to 16, not '{gap.text}'")

    def _read_lists(self) -> None:
        part = self.root.mapping.get("lists", _NOTHING)
        self._check_names(part, tuple(part.mapping), "list")
        for name, value in part.mapping.items():
            if name in (*ASK_CLASSES, *WORD_CLASSES) or not _LIST_NAME.fullmatch(name):
                self.mistake(value.line, f"a list is named with small letters, and not like a class: '{name}'")
            self._add_all(value, ("lists", name, 1.0))

    def _read_categories(self) -> None:
        part = self.root.mapping.get("category", _NOTHING)
        self._check_names(part, self.categories, "category")
        for name, by_weight in part.mapping.items():
            for weight, value in self._weighted(by_weight):
                self._add_all(value, ("category", name, weight))

    def _read_severity(self) -> None:
        part = self.root.mapping.get("severity", _NOTHING)
        self._check_names(part, tuple(_LEVELS), "level")
        for level, by_flag in part.mapping.items():
            self._check_names(by_flag, _LEVELS.get(level, ()), "flag")
            for flag, value in by_flag.mapping.items():
                self._add_all(value, (f"severity_{level}", flag, 1.0))

    def _read_anger(self) -> None:
        for weight, value in self._weighted(self.root.mapping.get("anger", _NOTHING)):
            self._add_all(value, ("anger", "anger", weight))

    def _weighted(self, part: Lined) -> list[tuple[float, Lined]]:
        found: list[tuple[float, Lined]] = []
        if part.text:
            self.mistake(part.line, "here stand weights with their patterns, like '2: |', not a text")
        for weight, value in part.mapping.items():
            try:
                found.append((float(weight), value))
            except ValueError:
                self.mistake(value.line, f"'{weight}' is not a weight; write a number")
        return found

    def _signoffs(self) -> tuple[str, ...]:
        part = self.root.mapping.get("mail", _NOTHING)
        self._check_names(part, ("signoffs",), "entry")
        value = part.mapping.get("signoffs")
        return tuple(item.lower() for item, _ in value.items_by_line()) if value else ()

    def _add_all(self, value: Lined, place: tuple[str, str, float]) -> None:
        if value.mapping:
            self.mistake(value.line, "patterns are a text, separated by commas")
        for source, line in value.items_by_line():
            try:
                self._add(source, line, place)
            except PatternError as error:
                self.mistake(line, f"pattern '{source}': {error}")

    def _add(self, source: str, line: int, place: tuple[str, str, float]) -> None:
        section, name, weight = place
        if len(source) > _LONGEST_PATTERN:
            raise PatternError(f"longer than {_LONGEST_PATTERN} characters")
        sequences = parse_pattern(source, self.gap)
        self._check_references(sequences[0], section, name)
        id_ = f"{self.language}.{section.replace('_', '.')}.{name}.{_slug(source)}"
        if id_ in self.ids:
            self._check_repeat(id_, weight)
            return
        self.ids[id_] = (line, weight)
        if id_ in self.without:
            return
        rule = Rule(id_, section, name, weight)
        stage = self._stage(section, sequences[0])
        self.matcher.add(rule, sequences, stage=stage, within_clause=name in _WITHIN_CLAUSE)

    def _stage(self, section: str, steps: tuple[Step, ...]) -> int:
        if section == "lists":
            return LISTS
        used = {name for step in steps for name in step.classes}
        return CLASSES if section in ("ask", "words") and used <= self.lists else OTHERS

    def _check_repeat(self, id_: str, weight: float) -> None:
        """The same pattern twice is harmless, unless its weights differ: then nobody can say which one counts."""
        line, known = self.ids[id_]
        if weight != known and not self.is_base:
            raise PatternError(f"stands with another weight on line {line}")

    def _check_references(self, steps: tuple[Step, ...], section: str, name: str) -> None:
        for reference in (name for step in steps for name in step.classes):
            if section == "lists" or reference not in self.lists | self.classes:
                raise PatternError(f"there is no class <{reference}> in this pack for use here")
            if reference == name and section in ("ask", "words"):
                raise PatternError(f"class {name} refers to itself")


def _slug(source: str) -> str:
    return re.sub(r"[^\w*|<>.]+", "_", source.lower()).strip("_")
