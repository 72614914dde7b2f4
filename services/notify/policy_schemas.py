"""The form of notify's policy file; used by policyfile.py."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from marshmallow import ValidationError, fields, post_load

from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import FIELD_OF
from services.notify.domain.policy import InDoubt, Limit
from shared.contracts.event import Severity
from shared.hours.schedule import shown
from shared.policy.fields import BySeverity, Form, Period, Reader, Whole, Word, matching

CAN_LOOK_UP = frozenset({ChannelName.SMS})
NEVER_QUOTE = frozenset({ChannelName.SMS})  # least disclosure: it stands on a locked screen
LONGEST = timedelta(days=1)
MOST_LETTERS, MOST_SEGMENTS = 10_000, 10  # ten: what Twilio takes
MOST_PROVIDERS = 50
PROVIDER = matching(r"[a-z0-9][a-z0-9._-]{0,39}", "a provider such as slack")


def channel_of(text: str) -> ChannelName:
    if text not in list(FIELD_OF):
        raise ValidationError(f"{shown(text)} is none of {', '.join(FIELD_OF)}")
    return ChannelName(text)


def _quoting(text: str) -> str:
    channel = channel_of(text)
    if channel in NEVER_QUOTE:
        raise ValidationError(f"{text} never quotes the complaint")
    return channel.value


def _doubt_of(channel: ChannelName) -> Reader:
    allowed = [word for word in InDoubt if word is not InDoubt.LOOK_UP or channel in CAN_LOOK_UP]

    def read(text: str) -> str:
        if text not in allowed:
            raise ValidationError(f"{shown(text)} is none of {', '.join(allowed)}")
        return InDoubt(text)

    return read


class By(fields.Field[dict[Any, Any]]):
    """A mapping of names, as `key` reads them, to values, as the field that `value` gives for the name reads them."""

    def __init__(
        self, key: Callable[[str], Any], value: Callable[[Any], fields.Field[Any]], most: int = 100, **options: Any
    ):
        super().__init__(**options)
        self._key, self._value, self._most = key, value, most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError("must be a mapping")
        if len(value) > self._most:
            raise ValidationError(f"more than {self._most} of them")
        found, faults = {}, {}
        for name, one in value.items():
            try:
                key = self._key(name)
                found[key] = self._value(key).deserialize(one)
            except ValidationError as error:
                faults[name] = error.messages
        if faults or not found:
            raise ValidationError(faults or "says nothing")
        return found


class LimitForm(Form):
    """Gives a Limit."""

    most = Whole(1, MOST_LETTERS, required=True)
    within = Period(LONGEST, required=True)

    @post_load
    def _limit(self, data: Mapping[str, Any], **_: Any) -> Limit:
        return Limit(**data)


def _a_limit(_: Any) -> fields.Field[Any]:
    return fields.Nested(LimitForm)


class LimitsForm(Form):
    person = By(channel_of, _a_limit, load_default=dict)
    provider = By(PROVIDER, _a_limit, MOST_PROVIDERS, load_default=dict)


class Quoting(fields.Field[frozenset[ChannelName]]):
    """A list of channels, which may be empty."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise ValidationError("must be a list of channels")
        faults, found = {}, set()
        for number, one in enumerate(value):
            try:
                word = Word(_quoting).deserialize(one)
                if word in found:
                    raise ValidationError(f"{shown(one)} stands here twice")
                found.add(ChannelName(word or ""))
            except ValidationError as error:
                faults[number] = error.messages
        if faults:
            raise ValidationError(faults)
        return frozenset(found)


def _in_doubt(channel: ChannelName) -> fields.Field[dict[Severity, Any]]:
    return BySeverity(Word(_doubt_of(channel)))


class PolicyForm(Form):
    """The file; gives only what is said."""

    name = Word(matching(r"[A-Za-z0-9._-]{1,60}", "a name such as standard"), required=True)
    in_doubt = By(channel_of, _in_doubt)
    fall_back_after = BySeverity(Period(LONGEST))
    limits = fields.Nested(LimitsForm)
    excerpt_in = Quoting()
    sms_segments = Whole(1, MOST_SEGMENTS)
