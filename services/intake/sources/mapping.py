"""The connector for any system: JSONPath from a JSON or form body to upstream events, as the sources file says.

The presets (freshdesk, zendesk-trigger, surveymonkey, qualtrics) and hubspot are this with a file of their own.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from jsonpath import CompoundJSONPath, JSONPath
from jsonpath import compile as compile_path
from jsonpath.exceptions import JSONPathError

from services.intake.sources.enrich import Enrich
from services.intake.sources.plaintext import plain
from services.intake.sources.source import CONTACTED, SUBMITTED, Heard, Ignored, Inbound, Said, Unclear
from services.intake.sources.times import written
from shared.bodies import parse_json
from shared.errors import Rejected, TemporaryFailure

MAX_EVENTS = 500
MAX_MATCHED = 500  # characters of a value that a pattern looks at
CONTACTS = (SUBMITTED, CONTACTED)
TIMES = ("received_at", "at")


@dataclass(frozen=True)
class Condition:
    """True when something at `path` equals one of the texts or matches one of the patterns."""

    path: JSONPath
    texts: frozenset[str]
    patterns: tuple[re.Pattern[str], ...] = ()

    def holds(self, event: Any) -> bool:
        found = [_text(value) for value in _find(self.path, event)]
        return any(v in self.texts or any(p.search(v[:MAX_MATCHED]) for p in self.patterns) for v in found)


@dataclass(frozen=True)
class Rule:
    """What the event means if all conditions hold; fields: by canonical name paths or texts, the first counts."""

    type: str
    conditions: tuple[Condition, ...]
    fields: Mapping[str, Sequence[JSONPath | str]]

    @property
    def needs_enrich(self) -> bool:
        paths = (path for paths in self.fields.values() for path in paths if isinstance(path, JSONPath))
        return any(str(path).startswith(("$.enriched", "$['enriched']", '$["enriched"]')) for path in paths)


@dataclass(frozen=True)
class Plan:
    """How the bodies of one account are read. payload: the form field that holds JSON. scale: (worst, best) rating."""

    body: str
    rules: tuple[Rule, ...]
    id: tuple[JSONPath, ...]
    payload: str | None = None
    events: JSONPath | None = None
    html: frozenset[str] = frozenset()
    scale: tuple[float, float] | None = None
    enrich_with: Mapping[str, JSONPath] | None = None
    skip_empty: bool = False


def said(plan: Plan, inbound: Inbound, enrich: Enrich | None) -> list[Heard]:
    """What the body says; an event that cannot be read stands as Unclear beside the others."""
    body = _body(plan, inbound)
    events = _events(plan.events, body) if plan.events else [body]
    if len(events) > MAX_EVENTS:
        raise Rejected(f"a body may hold {MAX_EVENTS} events")
    return [_heard(plan, event, enrich) for event in events]


def _events(path: JSONPath, body: Any) -> list[Any]:
    """None only where there is an empty list of them: whatever else has none is not what the file says it is."""
    found = _find(path, body)
    if not found and body != [] and [] not in _find(compile_path(str(path).removesuffix("[*]")), body):
        raise Rejected("the body holds no events", [{"pointer": "/", "detail": f"Nothing at {path}."}])
    return found


def _body(plan: Plan, inbound: Inbound) -> Any:
    if plan.body == "json":
        return inbound.json()
    form: dict[str, Any] = inbound.form()
    if plan.payload is None:
        return form
    try:
        return {**form, plan.payload: parse_json(form.get(plan.payload, "").encode())}
    except ValueError as error:
        raise Rejected("the form holds no JSON", [{"pointer": f"/{plan.payload}", "detail": str(error)}]) from error


def _heard(plan: Plan, event: Any, enrich: Enrich | None) -> Heard:
    try:
        rule = next((rule for rule in plan.rules if all(c.holds(event) for c in rule.conditions)), None)
        if rule is None:
            return Ignored()
        data = _data(plan, rule, _enriched(plan, rule, event, enrich))
        if rule.type in CONTACTS and not data.get("text"):
            return _empty(plan)
        return Said(rule.type, data, _id(plan, event))
    except (Rejected, TemporaryFailure) as error:
        return Unclear(error)


def _empty(plan: Plan) -> Heard:
    """A survey without a word of the customer's is no complaint; anywhere else the text is missed."""
    if plan.skip_empty:
        return Ignored()
    return Unclear(Rejected("there is no text", [{"pointer": "/text", "detail": "Missing data."}]))


def _enriched(plan: Plan, rule: Rule, event: Any, enrich: Enrich | None) -> Any:
    if enrich is None or not rule.needs_enrich or not isinstance(event, dict):
        return event
    values = {name: _first(event, [path]) for name, path in (plan.enrich_with or {}).items()}
    return {**event, "enriched": enrich.fetch({name: _text(value) for name, value in values.items()})}


def _data(plan: Plan, rule: Rule, event: Any) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, paths in rule.fields.items():
        value = _value(plan, name, _all_text(event, paths) if name == "text" else _first(event, paths))
        if value in (None, "", []):
            continue
        outer, _, inner = name.partition(".")
        if inner:
            data.setdefault(outer, {})[inner] = value
        else:
            data[outer] = value
    return data


def _value(plan: Plan, name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "tags":
        return [_text(tag) for tag in value] if isinstance(value, list) else _text(value).replace(",", " ").split()
    if name in TIMES:
        return written(value)
    if name == "score":
        return _score(plan, _text(value))
    return plain(_text(value)) if name in plan.html else _text(value)


def _score(plan: Plan, value: str) -> float | str:
    """The rating on the scale from 0 to 1; what is no number is left for the schema to name."""
    try:
        number = float(value)
    except ValueError:
        return value
    worst, best = plan.scale or (0.0, 1.0)
    return round((number - worst) / (best - worst), 4)


def _id(plan: Plan, event: Any) -> str:
    """By what a repetition is known: the parts, or the hash of the whole event in place of one that is missing."""
    whole = orjson.dumps(event, option=orjson.OPT_SORT_KEYS)
    parts = [_text(_first(event, [path])) or hashlib.sha256(whole).hexdigest()[:32] for path in plan.id]
    return "/".join(parts or [hashlib.sha256(whole).hexdigest()])


def _all_text(event: Any, paths: Sequence[JSONPath | str]) -> str:
    """Everything that the first path with something in it finds: a survey may have several open questions."""
    for path in paths:
        found = [path] if isinstance(path, str) else _find(path, event)
        if texts := [text for text in map(_text, found) if text]:
            return "\n".join(texts)
    return ""


def _first(event: Any, paths: Sequence[JSONPath | str]) -> Any:
    for path in paths:
        found = [path] if isinstance(path, str) else _find(path, event)
        for value in found:
            if value not in (None, "", [], {}):
                return value
    return None


def _find(path: JSONPath | CompoundJSONPath, document: Any) -> list[Any]:
    """What stands at the path; the library would take a text for JSON and open it."""
    if not isinstance(document, dict | list):
        return []
    try:
        return list(path.findall(document))
    except JSONPathError as error:
        raise Rejected("a path cannot be followed", [{"pointer": "/", "detail": str(error)[:200]}]) from error


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    return orjson.dumps(value).decode() if isinstance(value, bool | dict | list) else str(value)
