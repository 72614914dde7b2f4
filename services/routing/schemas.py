"""What routing accepts by HTTP about complaints and the line; of agents: roster/agent_schemas.py. Used by doors.py."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from services.routing.domain.needs import HIGHEST, LOWEST
from services.routing.roster.agent_fields import ID, LANGUAGE, NOTE, PLACE, SKILL, TEAM
from shared.codes import language_code, region_code
from shared.errors import Rejected

QUEUE_SHOWN, QUEUE_MOST = 100, 1000


class AnswerSchema(Schema):
    """agent_id: whoever has the complaint; an agent with a token of their own need not name themselves."""

    class Meta:
        unknown = RAISE

    agent_id = fields.String(load_default=None, allow_none=True, validate=ID)
    note = fields.String(load_default=None, allow_none=True, validate=NOTE)


class AssignSchema(Schema):
    """force: also to an agent who could not be chosen otherwise."""

    class Meta:
        unknown = RAISE

    agent_id = fields.String(required=True, validate=ID)
    note = fields.String(load_default=None, allow_none=True, validate=NOTE)
    force = fields.Boolean(load_default=False)


class NeedsSchema(Schema):
    """Needs in the place of those that the policy sees; null = does not matter."""

    class Meta:
        unknown = RAISE

    skill = fields.String(allow_none=True, validate=SKILL)
    skill_level = fields.Integer(strict=True, allow_none=True, validate=validate.Range(LOWEST, HIGHEST))
    language = fields.String(allow_none=True, validate=LANGUAGE)
    language_level = fields.Integer(strict=True, allow_none=True, validate=validate.Range(LOWEST, HIGHEST))
    region = fields.String(allow_none=True, validate=PLACE)
    team = fields.String(allow_none=True, validate=TEAM)


class HandBackSchema(Schema):
    """needs: from now on, beside what the policy says of the others; without any, those set before are gone."""

    class Meta:
        unknown = RAISE

    needs = fields.Nested(NeedsSchema, load_default=dict)
    note = fields.String(load_default=None, allow_none=True, validate=NOTE)


def needs_from(loaded: Mapping[str, Any]) -> dict[str, Any]:
    """With one spelling for regions and languages."""
    spelt = {"region": region_code, "language": language_code}
    return {name: spelt[name](value) if name in spelt and value else value for name, value in loaded.items()}


def limit_from(text: str | None) -> int:
    """How many waiting complaints to show."""
    if text is None:
        return QUEUE_SHOWN
    if not (re.fullmatch(r"[0-9]{1,4}", text) and 1 <= int(text) <= QUEUE_MOST):
        fault = {"pointer": "/limit", "detail": f"a whole number from 1 to {QUEUE_MOST}"}
        raise Rejected("the limit cannot be used", [fault])
    return int(text)
