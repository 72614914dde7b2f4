"""Loads and checks the language packs and thresholds; called once when the reader starts, and by the command line."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from services.intake.classify.company import COMPANY_FILE, Company, read_company
from services.intake.classify.matcher import CLASSES, LISTS, OTHERS, Matcher, Rule
from services.intake.classify.model import CATEGORIES, FLAGS, RulesError
from services.intake.classify.patterns import PatternError, Step, parse_pattern
from services.intake.classify.thresholds import Thresholds, read_thresholds
from services.intake.classify.yamlfile import Lined, read_yaml

SHIPPED = Path(__file__).parent / "packs"
THRESHOLDS_FILE = "thresholds.yml"

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
VETOES_ON_TARGET = ("own_role", "not_role", "about")
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
    rule_ids: tuple[str, ...]


class Languages(dict[str, Pack]):
    """Packs by language. A shipped one is compiled when the first text in its language comes, in a tenth of a second or
    two: a company has customers in few of them."""

    def __init__(self, own: dict[str, Pack]) -> None:
        super().__init__(own)
        self.names = tuple(sorted({*_shipped_languages(), *own}))

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __missing__(self, name: str) -> Pack:
        if name not in self.names:
            raise KeyError(name)
        self[name] = _shipped_pack(name)
        return self[name]


@dataclass(frozen=True)
class Packs:
    """All languages with the thresholds, the company and the short hash of every file that was read."""

    by_language: "Languages"
    signoffs: tuple[str, ...]
    thresholds: Thresholds
    company: Company
    categories: tuple[str, ...]
    version: str


def load_packs(rules_dir: Path | None = None) -> Packs:
    """The shipped rules, with those of a directory in their place.

    A pack of the directory replaces the shipped one of its language, or with `extends: shipped` goes before it; its
    thresholds replace single shipped ones; company.yml is the company's alone. RulesError names every mistake.
    """
    mistakes: list[str] = []
    own = {path.name: path for path in sorted(rules_dir.glob("*.yml"))} if rules_dir else {}
    company_file, thresholds_file = own.pop(COMPANY_FILE, None), own.pop(THRESHOLDS_FILE, None)
    company = _read_company(company_file, mistakes)
    categories = tuple(dict.fromkeys((*CATEGORIES, *company.categories)))
    packs = Languages({path.stem: _own_pack(path, categories, mistakes) for path in own.values()})
    thresholds = read_thresholds(SHIPPED / THRESHOLDS_FILE, thresholds_file, frozenset(packs.names), mistakes)
    if mistakes:
        raise RulesError(mistakes)
    files = [*sorted(SHIPPED.glob("*.yml")), *own.values(), *filter(None, (company_file, thresholds_file))]
    return Packs(packs, _signoffs_of(packs), thresholds, company, categories, _version(files))


def _signoffs_of(packs: Languages) -> tuple[str, ...]:
    """Those of all languages: where a mail ends has to be known before its language is."""
    own = set(packs)
    shipped = {one for name in packs.names if name not in own for one in shipped_signoffs(name)}
    return tuple(sorted({one for pack in packs.values() for one in pack.signoffs} | shipped))


@cache
def shipped_signoffs(language: str) -> tuple[str, ...]:
    """Without compiling the pack: they are its last section."""
    text = (SHIPPED / f"{language}.yml").read_text(encoding="utf-8")
    last = yaml.safe_load(text[text.rindex("\nmail:") :])
    return tuple(one.lower() for one, _ in Lined(last["mail"]["signoffs"], 1).items_by_line())


def _read_company(path: Path | None, mistakes: list[str]) -> Company:
    if path is None:
        return Company()
    try:
        return read_company(path, mistakes)
    except RulesError as error:
        mistakes.extend(error.mistakes)
        return Company()


def _version(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _shipped_languages() -> list[str]:
    return [path.stem for path in SHIPPED.glob("*.yml") if path.name != THRESHOLDS_FILE]


@cache
def _shipped_pack(language: str) -> Pack:
    mistakes: list[str] = []
    path = SHIPPED / f"{language}.yml"
    pack = _PackReader(path, mistakes, CATEGORIES).read([(path.name, read_yaml(path, mistakes))])
    if mistakes:
        raise RulesError(mistakes)
    return pack


def _own_pack(path: Path, categories: tuple[str, ...], mistakes: list[str]) -> Pack:
    found: list[str] = []
    try:
        root = read_yaml(path, found)
    except RulesError as error:
        mistakes.extend(error.mistakes)
        return Pack(path.stem, Matcher(), (), ())
    roots = [(path.name, root)]
    extends = root.mapping.get("extends")
    base = SHIPPED / path.name
    if extends and (extends.text != "shipped" or not base.exists()):
        found.append(f"{path.name}:{extends.line}: only `extends: shipped`, of a language that is shipped")
    elif extends:
        roots.append((base.name, read_yaml(base, found)))
    pack = _PackReader(path, found, categories).read(roots)
    mistakes.extend(found)
    return pack


class _PackReader:
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
        return Pack(self.language, self.matcher, tuple(signoffs), tuple(sorted(self.ids.keys() - self.without.keys())))

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
        for steps in sequences:
            self.matcher.add(rule, steps, stage=self._stage(section, steps), within_clause=name in _WITHIN_CLAUSE)

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
