"""Reads `policy.yml` into a Policy and names every mistake with file and line. Called once, when routing starts."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import yaml

from services.routing.domain.needs import LanguageFrom, Policy, RegionFrom, SkillFrom
from shared.contracts.event import Severity

S = TypeVar("S", bound=StrEnum)
SECTIONS = ("needs", "weight", "priority")
LARGEST = 1000


class PolicyError(ValueError):
    """The policy cannot be used; one line per mistake, `file:line: what`."""

    def __init__(self, mistakes: list[str]):
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def read(path: Path) -> Policy:
    """The policy in the file; raises PolicyError with all mistakes, the first line first."""
    try:
        content = path.read_bytes()
        root = yaml.compose(content, Loader=yaml.SafeLoader)
    except OSError as error:
        raise PolicyError([f"{path}: cannot be read: {error.strerror}"]) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise PolicyError([f"{path}:{line}: {error.problem}"]) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PolicyError([f"{path}:1: not YAML in UTF-8: {str(error).splitlines()[0]}"]) from error
    page = _Page(path)
    sections = page.entries(root, SECTIONS, "the policy")
    needs = page.entries(sections["needs"], ("skill", "language", "region"), "needs")
    policy = Policy(
        version=hashlib.sha256(content).hexdigest()[:12],
        skill=page.choice(needs["skill"], "needs/skill", SkillFrom.CATEGORY),
        language=page.choice(needs["language"], "needs/language", LanguageFrom.CUSTOMER_OR_TEXT),
        region=page.choice(needs["region"], "needs/region", RegionFrom.CUSTOMER),
        weight=page.numbers(sections["weight"], "weight", 1),
        priority=page.numbers(sections["priority"], "priority", 0),
    )
    page.finish()
    return policy


@dataclass
class _Page:
    """One file while it is read; collects the mistakes, so that all are named at once."""

    path: Path
    mistakes: list[tuple[int, str]] = field(default_factory=list)

    def entries(self, node: yaml.Node | None, names: tuple[str, ...], where: str) -> dict[str, yaml.Node | None]:
        """The nodes below, by name; exactly these names must be there, once each. A missing one is None."""
        found: dict[str, yaml.Node | None] = {}
        if not isinstance(node, yaml.MappingNode):
            # A section that is missing altogether was named where it is missing.
            if node is not None or where == "the policy":
                self._mistake(node, f"{where} must be a mapping with {', '.join(names)}")
            return dict.fromkeys(names)
        for key, value in node.value:
            if key.value not in names:
                self._mistake(key, f"{where}: {_shown(key)} is not known here; known: {', '.join(names)}")
            elif key.value in found:
                self._mistake(key, f"{where}: {key.value!r} stands here twice")
            else:
                found[key.value] = value
        for name in names:
            if name not in found:
                self._mistake(node, f"{where}: {name!r} is missing")
        return dict.fromkeys(names) | found

    def choice(self, node: yaml.Node | None, where: str, default: S) -> S:
        """One member of default's enum; the default stands in for a mistake, so that reading goes on."""
        known = type(default)
        if isinstance(node, yaml.ScalarNode) and node.value in [member.value for member in known]:
            return known(node.value)
        if node is not None:
            self._mistake(node, f"{where}: {_shown(node)} is none of {', '.join(known)}")
        return default

    def numbers(self, node: yaml.Node | None, where: str, least: int) -> Mapping[Severity, int]:
        """A whole number for each severity."""
        entries = self.entries(node, tuple(s.value for s in Severity), where)
        return {s: self._number(entries[s.value], f"{where}/{s.value}", least) for s in Severity}

    def finish(self) -> None:
        if self.mistakes:
            raise PolicyError([f"{self.path}:{line}: {what}" for line, what in sorted(self.mistakes)])

    def _number(self, node: yaml.Node | None, where: str, least: int) -> int:
        if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":int") and re.fullmatch(r"[0-9]{1,4}", node.value):
            number = int(node.value)
            if least <= number <= LARGEST:
                return number
        if node is not None:
            self._mistake(node, f"{where}: {_shown(node)} is no whole number from {least} to {LARGEST}")
        return least

    def _mistake(self, node: yaml.Node | None, what: str) -> None:
        self.mistakes.append((node.start_mark.line + 1 if node is not None else 1, what))


def _shown(node: yaml.Node) -> str:
    return repr(node.value) if isinstance(node, yaml.ScalarNode) else "a mapping or a list"
