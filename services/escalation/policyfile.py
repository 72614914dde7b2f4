"""Reads a policy as it is written into the Policy that decisions use; each mistake is named as file:line. Used at start
and for the older policies in the database.
"""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from marshmallow import ValidationError

from services.escalation.domain.ladder import Level, Policy, Trigger
from services.escalation.schemas import PolicyFile, faults_of
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity

Place = tuple[str | int, ...]


class WrongPolicy(ValueError):
    """The policy cannot be used; `mistakes` are lines of the form `file:line: what`."""

    def __init__(self, mistakes: list[str]):
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


def read_document(path: Path) -> str:
    """The text of the file; raises WrongPolicy when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongPolicy([f"{path}:1: cannot be read: {error}"]) from error


def parse(document: str, file: str) -> Policy:
    """The policy in a document; `file` is its name in messages. Raises WrongPolicy with every mistake."""
    node = _compose(document, file)
    lines: dict[Place, int] = {(): 1}
    twice: list[str] = []
    _note_lines(node, (), lines, lambda line, key: twice.append(f"{file}:{line}: {key!r} stands here twice"))
    try:
        data = PolicyFile().load(yaml.safe_load(document) or {})
    except ValidationError as error:
        mistakes = [_mistake(file, lines, place, text) for place, text in faults_of(error)]
        raise WrongPolicy(twice + mistakes) from error
    if twice:
        raise WrongPolicy(twice)
    return _policy(data, version_of(document, data["name"]))


def version_of(document: str, name: str) -> str:
    hashed = hashlib.sha256(document.encode()).hexdigest()[:12]
    return f"{name}@{hashed}" if name else hashed


def _compose(document: str, file: str) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(document, Loader=yaml.SafeLoader)
        return node
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise WrongPolicy([f"{file}:{line}: {error.problem}"]) from error


def _note_lines(node: yaml.Node | None, place: Place, lines: dict[Place, int], twice: Any) -> None:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                twice(key.start_mark.line + 1, key.value)
            seen.add(key.value)
            lines[(*place, key.value)] = key.start_mark.line + 1
            _note_lines(value, (*place, key.value), lines, twice)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[(*place, index)] = item.start_mark.line + 1
            _note_lines(item, (*place, index), lines, twice)


def _mistake(file: str, lines: Mapping[Place, int], place: Place, text: str) -> str:
    known = place
    while known not in lines:  # something missing has no line of its own: its parent's
        known = known[:-1]
    return f"{file}:{lines[known]}: {'.'.join(map(str, place)) or 'the file'}: {text}"


def _policy(data: Mapping[str, Any], version: str) -> Policy:
    ladder = ((one["name"], tuple(one["recipients"]), _by_severity(one["respond_within"])) for one in data["ladder"])
    return Policy(
        version=version,
        levels=tuple(Level(*rung) for rung in ladder),
        triggers=tuple(Trigger(EscalationReason(one["when"]), frozenset(one["is_"])) for one in data["triggers"]),
        first_answer_within=_by_severity(data["first_answer_within"]),
    )


def _by_severity(periods: Mapping[str, timedelta]) -> dict[Severity, timedelta]:
    return {Severity(name): period for name, period in periods.items()}
