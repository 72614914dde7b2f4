"""Reads a pack file into plain values that remember their line, so that a mistake can be named; used by packs."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from services.intake.classify.model import RulesError

# libyaml's parser, where PyYAML was built with it: twelve times as fast, and the lines are the same.
_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


@dataclass(frozen=True, slots=True)
class Lined:
    """A value with the line where it stands: a mapping of name to Lined, or a text."""

    value: "dict[str, Lined] | str"
    line: int

    @property
    def mapping(self) -> "dict[str, Lined]":
        """Its entries; none if it is a text."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def text(self) -> str:
        """Its text; empty if it is a mapping."""
        return self.value if isinstance(self.value, str) else ""

    def items_by_line(self) -> list[tuple[str, int]]:
        """Comma-separated entries of a block of text, each with its line; `#` starts a comment."""
        found: list[tuple[str, int]] = []
        for offset, line in enumerate(self.text.splitlines()):
            entries = line.split("#", 1)[0].replace("，", ",").split(",")
            found.extend((entry.strip(), self.line + offset) for entry in entries if entry.strip())
        return found


def read_yaml(path: Path, mistakes: list[str]) -> Lined:
    """The file as lined values; mistakes are added to the list as `file:line: what`."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RulesError([f"{path.name}:{line}: {error.problem}"]) from error
    except (OSError, UnicodeDecodeError, yaml.reader.ReaderError) as error:
        raise RulesError([f"{path.name}:1: cannot be read: {error}"]) from error
    return _lined(node, path.name, mistakes) if node is not None else Lined({}, 1)


def _lined(node: yaml.Node, file: str, mistakes: list[str]) -> Lined:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        entries: dict[str, Lined] = {}
        for key, value in node.value:
            if key.value in entries:
                mistakes.append(f"{file}:{key.start_mark.line + 1}: '{key.value}' stands here twice")
            entries[str(key.value)] = _lined(value, file, mistakes)
        return Lined(entries, line)
    if isinstance(node, yaml.ScalarNode):
        # The text of a block scalar begins on the line after its mark.
        return Lined(str(node.value), line + (node.style in ("|", ">")))
    mistakes.append(f"{file}:{line}: a list; write the entries as text, separated by commas")
    return Lined("", line)
