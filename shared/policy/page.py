"""A policy file while it is read: its text, its version, every mistake as file:line. Used by the policy readers."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow import Schema, ValidationError

from shared.policy import plainyaml
from shared.policy.plainyaml import NotYaml, Place, Written

MOST_ENTRIES = 200
_SAID = {
    "Missing data for required field.": "is missing",
    "Field may not be null.": "says nothing",
    "Not a valid list.": "must be a list",
    "Invalid input type.": "must be a mapping",
}


class PolicyError(ValueError):
    """The policy cannot be used; `mistakes` are lines of the form `file:line: where: what`."""

    def __init__(self, mistakes: Sequence[str]):
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


def read_document(path: Path) -> str:
    """The text of the file; raises PolicyError when it cannot be read."""
    try:
        content = path.read_bytes()
        return content.decode()
    except OSError as error:
        raise PolicyError([f"{path}:1: the file: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PolicyError([f"{path}:{line}: the file: not UTF-8: {error.reason}"]) from error


def version_of(text: str, name: str) -> str:
    return f"{name}@{hashlib.sha256(text.encode()).hexdigest()[:12]}"


@dataclass
class Page:
    """One file while it is read; collects the mistakes, so that all are named at once."""

    file: str
    written: Written
    mistakes: list[tuple[int, str]] = field(default_factory=list)

    @classmethod
    def read(cls, file: str, text: str) -> "Page":
        """Raises PolicyError for what is no YAML."""
        try:
            return cls(file, plainyaml.read(text))
        except NotYaml as error:
            raise PolicyError([f"{file}:{error.line}: the file: {error}"]) from error

    def load(self, form: Schema, content: Any, place: Place) -> Any:
        """What the form makes of it; None if there is a mistake in it."""
        try:
            return form.load(content)
        except ValidationError as error:
            for inner, text in _faults(error.messages, ()):
                self.note((*place, *inner), text)
            return None

    def entries(self, form: Schema, part: str) -> dict[int, Any]:
        """The entries of one list without a mistake, by number; that the list is missing is not said here."""
        content = self.written.content
        listed = content.get(part) if isinstance(content, dict) else None
        if listed is not None and not isinstance(listed, list):
            self.note((part,), "must be a list")
        if not isinstance(listed, list):
            return {}
        if len(listed) > MOST_ENTRIES:
            self.note((part,), f"more than {MOST_ENTRIES} entries")
        loaded = {n: self.load(form, entry, (part, n)) for n, entry in enumerate(listed[:MOST_ENTRIES])}
        return {n: entry for n, entry in loaded.items() if entry is not None}

    def each_name_once(self, part: str, names: Mapping[int, str]) -> None:
        """names: of the entries by number. Notes every one that stands there before."""
        seen: set[str] = set()
        for number, name in names.items():
            if name in seen:
                self.note((part, number, "name"), f"{name!r} stands here twice")
            seen.add(name)

    def note(self, place: Place, text: str) -> None:
        where = ".".join(map(str, place)) or "the file"
        self.mistakes.append((self.written.line_of(place), f"{where}: {text}"))

    def finish(self) -> None:
        """Raises PolicyError if anything was noted."""
        twice = [
            (line, f"{'.'.join(map(str, place)) or 'the file'}: {text}") for place, line, text in self.written.faults
        ]
        mistakes = dict.fromkeys(f"{self.file}:{line}: {text}" for line, text in sorted(self.mistakes + twice))
        if mistakes:
            raise PolicyError(list(mistakes))


def _faults(messages: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Every fault in marshmallow's messages; lists hold texts or, of validators, further mappings."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _faults(inner, place if key == "_schema" else (*place, key))
    elif isinstance(messages, list):
        for inner in messages:
            yield from _faults(inner, place)
    else:
        yield place, _SAID.get(str(messages), str(messages))
