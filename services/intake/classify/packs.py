"""Loads and checks the language packs and thresholds; when the classifier is made, and for the command line."""

import gc
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from services.intake.classify.company import COMPANY_FILE, Company, read_company
from services.intake.classify.matcher import Matcher
from services.intake.classify.model import RulesError
from services.intake.classify.packfile import Pack, PackReader
from services.intake.classify.thresholds import Names, Thresholds, read_thresholds
from services.intake.classify.yamlfile import Lined, read_yaml
from shared.contracts.intake import CATEGORIES

SHIPPED = Path(__file__).parent / "packs"
THRESHOLDS_FILE = "thresholds.yml"


class Languages(dict[str, Pack]):
    """Packs by language. A shipped one is compiled when the first text in its language comes, in a tenth of a second or
    two: a company has customers in few of them."""

    def __init__(self, own: dict[str, Pack], compiled: Callable[[str], Pack]) -> None:
        super().__init__(own)
        self._compiled = compiled
        self.names = tuple(sorted({*_shipped_languages(), *own}))

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __missing__(self, name: str) -> Pack:
        if name not in self.names:
            raise KeyError(name)
        self[name] = self._compiled(name)
        # Else each full collection would look through all the packs again, and the service stand still meanwhile.
        gc.freeze()
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


@cache
def shipped_pack(language: str) -> Pack:
    """Compiled once in a process, however often its rules change."""
    mistakes: list[str] = []
    path = SHIPPED / f"{language}.yml"
    pack = PackReader(path, mistakes, CATEGORIES).read([(path.name, read_yaml(path, mistakes))])
    if mistakes:
        raise RulesError(mistakes)
    return pack


def load_packs(rules_dir: Path | None = None, compiled: Callable[[str], Pack] = shipped_pack) -> Packs:
    """The shipped rules, with those of a directory in their place.

    A pack of the directory replaces the shipped one of its language, or with `extends: shipped` goes before it; its
    thresholds replace single shipped ones; company.yml is the company's alone. RulesError names every mistake.
    compiled: gives a shipped pack, when the first text in its language comes.
    """
    mistakes: list[str] = []
    own = {path.name: path for path in sorted(rules_dir.glob("*.yml"))} if rules_dir else {}
    if rules_dir and not rules_dir.is_dir():
        # Silently, the shipped rules would decide in a company that wrote its own.
        mistakes.append(f"{rules_dir}:1: is no folder that can be read")
    company_file, thresholds_file = own.pop(COMPANY_FILE, None), own.pop(THRESHOLDS_FILE, None)
    company = _read_company(company_file, mistakes)
    categories = tuple(dict.fromkeys((*CATEGORIES, *company.categories)))
    packs = Languages({path.stem: _own_pack(path, categories, mistakes) for path in own.values()}, compiled)
    thresholds = read_thresholds(SHIPPED / THRESHOLDS_FILE, thresholds_file, Names(packs.names, categories), mistakes)
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


def _own_pack(path: Path, categories: tuple[str, ...], mistakes: list[str]) -> Pack:
    found: list[str] = []
    try:
        root = read_yaml(path, found)
    except RulesError as error:
        mistakes.extend(error.mistakes)
        return Pack(path.stem, Matcher(), ())
    roots = [(path.name, root)]
    extends = root.mapping.get("extends")
    base = SHIPPED / path.name
    if extends and (extends.text != "shipped" or not base.exists()):
        found.append(f"{path.name}:{extends.line}: only `extends: shipped`, of a language that is shipped")
    elif extends:
        roots.append((base.name, read_yaml(base, found)))
    pack = PackReader(path, found, categories).read(roots)
    mistakes.extend(found)
    return pack
