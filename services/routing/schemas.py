"""What routing accepts by HTTP: the body of an agent, with every fault named by its path. Used by service.py."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from services.routing.domain.roster import Agent
from shared.codes import each_once, language_code, region_code
from shared.errors import Rejected

MAX_CAPACITY = 10_000
QUEUE_SHOWN, QUEUE_MOST = 100, 1000
ID = validate.Regexp(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z",
    error="letters, digits, '.', '_' and '-', at most 64, beginning with a letter or a digit",
)
SKILL = validate.Regexp(r"[a-z0-9][a-z0-9_]{0,39}\Z", error="a category in small letters, such as billing")
LANGUAGE = validate.Regexp(r"[A-Za-z]{2,3}\Z", error="a language of two or three letters, such as en")
REGION = validate.Regexp(r"(\*|[A-Za-z0-9][A-Za-z0-9_-]{0,39})\Z", error="a region such as CZ, or * for everywhere")
NAME = [validate.Length(min=1, max=200), validate.ContainsNoneOf("\0\r\n", error="one line, please")]


class _Words(fields.List[str]):
    """Some words, none of them twice."""

    def __init__(self, check: validate.Validator, **options: Any):
        super().__init__(fields.String(validate=check), required=True, validate=validate.Length(max=200), **options)


class AgentSchema(Schema):
    class Meta:
        unknown = RAISE

    name = fields.String(required=True, validate=NAME)
    skills = _Words(SKILL)
    languages = _Words(LANGUAGE)
    regions = _Words(REGION)
    capacity = fields.Integer(required=True, strict=True, validate=validate.Range(0, MAX_CAPACITY))


_AGENT = AgentSchema()


def agent_from(id_: str, data: Any) -> Agent:
    """The agent that the path and the body describe; raises Rejected with a pointer for each fault."""
    faults = _id_faults(id_)
    try:
        loaded = _AGENT.load(data)
    except ValidationError as error:
        faults += _faults(error.normalized_messages(), "")  # type: ignore[no-untyped-call]
    if faults:
        raise Rejected("this is no agent", faults)
    return Agent(
        id=id_,
        name=loaded["name"].strip(),
        capacity=loaded["capacity"],
        skills=tuple(dict.fromkeys(loaded["skills"])),
        languages=each_once(language_code, loaded["languages"]),
        regions=each_once(region_code, loaded["regions"]),
    )


def limit_from(text: str | None) -> int:
    """How many waiting complaints to show."""
    if text is None:
        return QUEUE_SHOWN
    if not (re.fullmatch(r"[0-9]{1,4}", text) and 1 <= int(text) <= QUEUE_MOST):
        fault = {"pointer": "/limit", "detail": f"a whole number from 1 to {QUEUE_MOST}"}
        raise Rejected("the limit cannot be used", [fault])
    return int(text)


def _id_faults(id_: str) -> list[dict[str, str]]:
    try:
        ID(id_)
    except ValidationError as error:
        return [{"pointer": "/id", "detail": str(text)} for text in error.messages]
    return []


def _faults(messages: Any, at: str) -> list[dict[str, str]]:
    if isinstance(messages, Mapping):
        return [f for key, inner in messages.items() for f in _faults(inner, at if key == "_schema" else f"{at}/{key}")]
    return [{"pointer": at or "/", "detail": str(text)} for text in messages]
