"""`options:` of the mapping and its presets, in the sources file and in presets/*.yml; built into a Plan."""

import re
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any
from urllib.parse import urlsplit

import yaml
from jsonpath import JSONPath
from jsonpath import compile as compile_path
from jsonpath.exceptions import JSONPathError
from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from services.intake.sources.checks import CheckSchema
from services.intake.sources.enrich import LOOPBACK, PLACEHOLDER, Enrich
from services.intake.sources.mapping import Condition, Plan, Rule
from services.intake.sources.source import (
    ANSWERED,
    CONTACTED,
    ESCALATION_REQUESTED,
    RATED,
    REOPENED,
    RESOLVED,
    SUBMITTED,
)

TYPES = (SUBMITTED, CONTACTED, ANSWERED, RESOLVED, REOPENED, RATED, ESCALATION_REQUESTED)
PERSON = ("ref", "name", "email", "phone", "tier", "region", "language", "timezone")
FIELDS = (
    *("external_id", "contact_id", "text", "subject", "channel", "product", "tags", "received_at", "at", "by", "score"),
    *(f"customer.{name}" for name in PERSON),
)
PRESETS = FilePath(__file__).parent / "presets"


class Path(fields.Field[JSONPath]):
    """A JSONPath, compiled."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> JSONPath:
        return path_of(value)


class Paths(fields.Field[tuple[JSONPath | str, ...]]):
    """One or several: a JSONPath that begins with `$`, or a text that is meant as it stands."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> tuple[JSONPath | str, ...]:
        each = value if isinstance(value, list) else [value]
        return tuple(path_of(one) if str(one).startswith("$") else str(one) for one in each)


def path_of(value: Any) -> JSONPath:
    try:
        found = compile_path(str(value))
    except JSONPathError as error:
        raise ValidationError(f"{value!r} is no JSONPath: {str(error).splitlines()[0]}") from error
    if not isinstance(found, JSONPath) or not str(value).startswith("$"):
        raise ValidationError(f"{value!r} is no JSONPath; one begins with $")
    return found


class Fields(fields.Dict):
    """Canonical names with their paths."""

    def __init__(self, **kwargs: Any):
        super().__init__(keys=fields.String(validate=validate.OneOf(FIELDS)), values=Paths(), **kwargs)


class RuleSchema(Schema):
    type = fields.String(required=True, validate=validate.OneOf(TYPES))
    when = fields.Dict(keys=fields.String(), values=fields.Raw(), load_default=dict)
    fields_ = Fields(data_key="fields", load_default=dict)

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data | {"when": tuple(_condition(path, values) for path, values in data["when"].items())}


def _condition(path: str, values: Any) -> Condition:
    """A text is compared as it is, `/pattern/` is searched for."""
    each = [_plain(v) for v in (values if isinstance(values, list) else [values])]
    patterns = [v[1:-1] for v in each if len(v) > 2 and v.startswith("/") and v.endswith("/")]
    try:
        compiled = tuple(re.compile(p) for p in patterns)
    except re.error as error:
        raise ValidationError(f"the pattern cannot be used: {error}", "when") from error
    return Condition(path_of(path), frozenset(v for v in each if v[1:-1] not in patterns), compiled)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class EnrichSchema(Schema):
    """Where what a webhook only names is fetched: `{name}` in path or query of the address is filled from `with`."""

    url = fields.String(validate=validate.Length(1, 1000))
    with_ = fields.Dict(data_key="with", keys=fields.String(), values=Path())
    header = fields.String(validate=validate.Length(1, 100))
    prefix = fields.String()
    token_env = fields.String()
    token_file = fields.String()
    allow_private = fields.Boolean()

    @validates_schema
    def _usable(self, data: dict[str, Any], **_: Any) -> None:
        if "url" not in data:
            return
        parts = urlsplit(data["url"])
        if "{" in parts.scheme + parts.netloc or not parts.hostname:
            raise ValidationError("the host must be written out", "url")
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ValidationError("only https, or http on this machine", "url")


class MappingOptions(Schema):
    body = fields.String(validate=validate.OneOf(("json", "form")))
    payload = fields.String(validate=validate.Length(1, 100))
    events = Path()
    id = fields.List(Path(), validate=validate.Length(1, 10))
    types = fields.List(fields.Nested(RuleSchema), validate=validate.Length(1, 50))
    fields_ = Fields(data_key="fields")
    html = fields.List(fields.String(validate=validate.OneOf(("text", "subject"))))
    scale = fields.List(fields.Float(), validate=validate.Length(equal=2))
    skip_empty = fields.Boolean()
    enrich = fields.Nested(EnrichSchema)

    @validates_schema
    def _usable(self, data: dict[str, Any], **_: Any) -> None:
        if "scale" in data and data["scale"][0] == data["scale"][1]:
            raise ValidationError("the worst and the best rating must differ", "scale")


class PresetFile(MappingOptions):
    check = fields.Nested(CheckSchema)


def preset(name: str) -> dict[str, Any]:
    """The loaded options of presets/<name>.yml."""
    loaded: dict[str, Any] = PresetFile().load(yaml.safe_load((PRESETS / f"{name}.yml").read_text(encoding="utf-8")))
    return loaded


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """A preset with what an account says instead; `fields` and `enrich` are taken together name by name."""
    together = {**below, **above}
    for name in ("fields_", "enrich"):
        if name in below and name in above:
            together[name] = {**below[name], **above[name]}
    return together


def plan_of(options: Mapping[str, Any]) -> Plan:
    """Raises ValidationError when what is needed is missing."""
    for needed in ("types", "id", "fields_"):
        if needed not in options:
            raise ValidationError("Missing data for required field.", needed.rstrip("_"))
    rules = [
        Rule(r["type"], r["when"], _of_type(r["type"], {**options["fields_"], **r["fields_"]}))
        for r in options["types"]
    ]
    for rule in rules:
        if "external_id" not in rule.fields or (rule.type in TYPES[:2] and "text" not in rule.fields):
            raise ValidationError(f"{rule.type} needs external_id, and text if it is a contact", "fields")
    return Plan(
        body=options.get("body", "json"),
        rules=tuple(rules),
        id=tuple(options["id"]),
        payload=options.get("payload"),
        events=options.get("events"),
        html=frozenset(options.get("html", ())),
        scale=tuple(options["scale"]) if "scale" in options else None,
        enrich_with=options.get("enrich", {}).get("with_"),
        skip_empty=options.get("skip_empty", False),
    )


def _of_type(type_: str, fields_: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that such an event has: nothing is fetched for the sake of others."""
    of_step = ("external_id", "at", "by", "score") if type_ == RATED else ("external_id", "at", "by")
    is_contact = type_ in (SUBMITTED, CONTACTED)
    return {n: p for n, p in fields_.items() if (n not in ("at", "by", "score") if is_contact else n in of_step)}


def enrich_of(options: Mapping[str, Any], token: str | None) -> Enrich | None:
    """Raises ValidationError when address and placeholders do not go together."""
    found = options.get("enrich")
    if not found:
        return None
    if "url" not in found:
        raise ValidationError("Missing data for required field.", "enrich")
    if set(PLACEHOLDER.findall(found["url"])) != set(found.get("with_", ())):
        raise ValidationError("`with` must name each {placeholder} of the address, and no other", "enrich")
    chosen = {name: found[name] for name in ("header", "prefix", "allow_private") if name in found}
    return Enrich(found["url"], token=token, **chosen)
