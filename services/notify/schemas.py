"""Bodies of notify's HTTP doors, but for contacts, in people/, and receipts, in doors/. Called by service.py."""

import re
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from services.notify.domain.alert import ChannelName
from services.notify.domain.reply import Reply
from services.notify.domain.trial import Wanted
from shared.contracts.event import Instant
from shared.loading import load

LONGEST_REPLY = 1600  # characters: what the provider takes for a text message of several parts
PERSON = re.compile(r"[^\s\x00-\x1f\x7f/]{1,100}")
NO_PERSON = "a person's id has 1 to 100 characters, no spaces and no slash"
E164 = validate.Regexp(r"^\+[1-9][0-9]{6,14}\Z", error="not of the form +420601234567 (E.164)")
NO_NUL = validate.ContainsNoneOf("\0", error="no NUL, please")  # PostgreSQL cannot keep it


class Flag(fields.Boolean):
    """True or false, and nothing that only looks like it, such as 1."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class TrialBody(Schema):
    """The body of `POST /v1/test-alerts`: a person, or everyone. channel: this one only."""

    class Meta:
        unknown = RAISE

    person = fields.String(validate=validate.Regexp(PERSON.pattern + r"\Z", error=NO_PERSON))
    everyone = Flag()
    channel = fields.String(validate=validate.OneOf([c.value for c in ChannelName if c is not ChannelName.NONE]))

    @validates_schema
    def somebody(self, trial: dict[str, Any], **_: Any) -> None:
        if ("person" in trial) == trial.get("everyone", False):
            raise ValidationError("needs either person or everyone: true")


class ReplyBody(Schema):
    """The body of `POST /v1/replies`. from: the number that answers; at: when, so that a repetition is known as one."""

    class Meta:
        unknown = RAISE

    channel = fields.String(required=True, validate=validate.OneOf([ChannelName.SMS.value]))
    number = fields.String(required=True, data_key="from", validate=E164)
    text = fields.String(required=True, validate=validate.Length(max=LONGEST_REPLY))
    at = Instant(load_default=None, allow_none=True)


_REPLY, _TRIAL = ReplyBody(), TrialBody()


def reply_from(body: Any) -> Reply:
    """The reply in a body; raises Rejected with every fault by its path."""
    found = load(_REPLY, body, "the reply cannot be used")
    return Reply(found["number"], found["text"], found["at"])


def trial_from(body: Any) -> Wanted:
    """Whom to try to reach; raises Rejected with every fault by its path."""
    found = load(_TRIAL, body, "the test cannot be used")
    channel = found.get("channel")
    return Wanted(found.get("person"), ChannelName(channel) if channel else None)
