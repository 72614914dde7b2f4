"""Reads the sources file into Accounts at start; every mistake is named as file:line. Called by service.py's make.

Secrets never stand in the file: an entry names a variable (`secret_env`) or a file (`secret_file`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from marshmallow import Schema, ValidationError, fields, validate

from services.intake.sources.checks import CheckSchema, ConfiguredCheck
from services.intake.sources.kinds import KINDS
from services.intake.sources.mapped import Mapped
from services.intake.sources.source import Account, Source
from shared.errors import NotFound
from shared.policy import plainyaml
from shared.policy.plainyaml import Place, Written

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,49}")
DEFAULTS = ("channel", "product", "region", "language", "tier", "timezone")
SecretOf = Callable[[str], str | None]


class WrongSources(ValueError):
    """The file cannot be used; one line for each mistake, of the form `file:line: what`."""


@dataclass(frozen=True)
class Sources:
    """All accounts by name."""

    accounts: Mapping[str, Account]

    def account(self, name: str) -> Account:
        if name not in self.accounts:
            raise NotFound(f"no source {name[:60]!r} is set up here")
        return self.accounts[name]


class _Secret(Schema):
    secret_env = fields.String(validate=validate.Length(1, 200))
    secret_file = fields.String(validate=validate.Length(1, 1000))


class _Entry(Schema):
    kind = fields.String(required=True, validate=validate.OneOf(sorted(KINDS)))
    secrets = fields.List(fields.Nested(_Secret), load_default=list, validate=validate.Length(max=10))
    url = fields.Url(schemes={"http", "https"}, require_tld=False)
    check = fields.Nested(CheckSchema)
    replay_window_minutes = fields.Float(validate=validate.Range(1, 24 * 60), load_default=5.0)
    defaults = fields.Dict(
        keys=fields.String(validate=validate.OneOf(DEFAULTS)), values=fields.String(validate=validate.Length(1, 200))
    )
    options = fields.Dict(keys=fields.String(), load_default=dict)


def load(path: Path | None, secret_env: SecretOf) -> Sources:
    """The accounts of the file, none without one; raises WrongSources with every mistake."""
    if path is None:
        return Sources({})
    try:
        document = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSources(f"{path}:1: cannot be read: {error}") from error
    return parse(document, str(path), secret_env)


def parse(document: str, file: str, secret_env: SecretOf) -> Sources:
    written, values = _read(document, file)
    entries, faults = _entries(values)
    accounts = {}
    for name, entry in entries.items():
        try:
            accounts[name], wrong = _account(name, _Entry().load(entry), secret_env, written.lines)
        except ValidationError as error:
            wrong = _places(error, written.lines, ("sources", name))
        faults += [(place if place[:1] == ("sources",) else ("sources", name, *place), text) for place, text in wrong]
    mistakes = [*written.faults, *((place, written.line_of(place), text) for place, text in faults)]
    if mistakes:
        raise WrongSources("\n".join(_mistake(file, *mistake) for mistake in mistakes))
    return Sources(accounts)


def _entries(data: Any) -> tuple[dict[str, Any], list[tuple[Place, str]]]:
    """The entries by name, and what is wrong with the file as a whole."""
    top = data if isinstance(data, dict) else {}
    sources = top.get("sources")
    faults: list[tuple[Place, str]] = [
        ((str(key),), "unknown; there is only `sources`") for key in top.keys() - {"sources"}
    ]
    if not isinstance(sources, dict):
        return {}, [*faults, ((), "needs `sources`, with an entry for each system")]
    names = [str(name) for name in sources]
    faults += [(("sources", n), "a name has lower-case letters, digits, . _ -") for n in names if not NAME.fullmatch(n)]
    return {str(name): entry for name, entry in sources.items() if NAME.fullmatch(str(name))}, faults


def _account(
    name: str, entry: Mapping[str, Any], secret_env: SecretOf, lines: Mapping[Place, int]
) -> tuple[Account, list[tuple[Place, str]]]:
    source: Source = KINDS[entry["kind"]]
    faults: list[tuple[Place, str]] = []
    secrets = _secrets(entry["secrets"], secret_env, faults)
    options: dict[str, Any] = {}
    try:
        partial = ("enrich.url",) if isinstance(source, Mapped) else None
        options = source.options.load(entry["options"], partial=partial)
        if isinstance(source, Mapped):
            options = source.built(options, _token(options.get("enrich", {}), secret_env, faults))
    except ValidationError as error:
        faults += _places(error, lines, ("sources", name, "options"))
    check = entry.get("check") or options.get("check")
    faults += [] if faults else _unknown_sender(source, entry, options, check, secrets)
    made = Account(name, source, secrets, options, entry.get("defaults", {}), check, entry.get("url"))
    return replace(made, replay_window=timedelta(minutes=entry["replay_window_minutes"])), faults


def _unknown_sender(
    source: Source, entry: Mapping[str, Any], options: Mapping[str, Any], check: Any, secrets: tuple[str, ...]
) -> list[tuple[Place, str]]:
    """What is missing for knowing who sends."""
    if "check" in entry and not source.takes_check:
        return [(("check",), f"{source.kind} signs by itself: give its secrets")]
    if check is None and not source.own_check:
        return [((), f"{source.kind} needs a check: none, header, query, basic or hmac")]
    if source.kind == "salesforce" and check is None and not options.get("organization"):
        return [((), "salesforce needs options.organization, a check, or both")]
    wants_secret = check.scheme != "none" if isinstance(check, ConfiguredCheck) else source.needs_secret
    return [((), "it needs secrets, each with secret_env or secret_file")] if wants_secret and not secrets else []


def _secrets(
    entries: list[Mapping[str, str]], secret_env: SecretOf, faults: list[tuple[Place, str]]
) -> tuple[str, ...]:
    found = []
    for index, entry in enumerate(entries):
        value, wrong = _secret(entry.get("secret_env"), entry.get("secret_file"), secret_env)
        if value:
            found.append(value)
        else:
            faults.append((("secrets", index), wrong))
    return tuple(found)


def _token(enrich: Mapping[str, Any], secret_env: SecretOf, faults: list[tuple[Place, str]]) -> str | None:
    variable, file = enrich.get("token_env"), enrich.get("token_file")
    if not variable and not file:
        return None
    value, wrong = _secret(variable, file, secret_env)
    if not value:
        faults.append((("options", "enrich"), wrong))
    return value


def _secret(variable: str | None, file: str | None, secret_env: SecretOf) -> tuple[str | None, str]:
    """The secret, or why there is none."""
    if bool(variable) == bool(file):
        return None, "name either a variable or a file"
    if variable:
        return secret_env(variable), f"the variable {variable} is not set"
    try:
        return Path(str(file)).read_text(encoding="utf-8").strip(), f"the file {file} is empty"
    except (OSError, UnicodeDecodeError) as error:
        return None, f"the file {file} cannot be read: {type(error).__name__}"


class _Loader(yaml.SafeLoader):
    """Says where something stands that is not what it looks like, such as the day 2026-02-30."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError) as error:
            what = "the value cannot be read: put it in quotes if it is meant as it stands"
            raise yaml.constructor.ConstructorError(None, None, what, node.start_mark) from error


def _read(document: str, file: str) -> tuple[Written, Any]:
    """Where each thing stands, and what it is."""
    try:
        return plainyaml.read(document), yaml.load(document, Loader=_Loader)
    except plainyaml.NotYaml as error:
        raise WrongSources(f"{file}:{error.line}: {error}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise WrongSources(f"{file}:{mark.line + 1 if mark else 1}: {error.problem}") from error


def _places(error: ValidationError, lines: Mapping[Place, int], at: Place) -> list[tuple[Place, str]]:
    """marshmallow's messages with the place of each in the file."""
    return _placed(error.normalized_messages(), lines, at)  # type: ignore[no-untyped-call]


def _placed(messages: Any, lines: Mapping[Place, int], place: Place) -> list[tuple[Place, str]]:
    if not isinstance(messages, Mapping):
        return [(place, str(text)) for text in (messages if isinstance(messages, list) else [messages])]
    found = []
    for key, inner in messages.items():
        here = (*place, key)
        is_added = key in ("_schema", "key", "value") and here not in lines  # by marshmallow
        found += _placed(inner, lines, place if is_added else here)
    return found


def _mistake(file: str, place: Place, line: int, text: str) -> str:
    return f"{file}:{line}: {'.'.join(map(str, place)) or 'the file'}: {text}"
