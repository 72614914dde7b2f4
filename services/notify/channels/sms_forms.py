"""The forms of the file with the SMS providers; read by sms_file.py."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from jsonpath import JSONPath
from jsonpath import compile as compile_path
from jsonpath.exceptions import JSONPathError
from marshmallow import ValidationError, fields, post_load, validates_schema

from services.notify.channels.http import LOOPBACK
from services.notify.channels.sms_http import Condition
from services.notify.domain.outcomes import Reason
from shared.hours.schedule import shown
from shared.policy.fields import Form, Word, matching, upstream

METHODS = ("GET", "POST", "PUT")
REFUSALS = (Reason.INVALID_ADDRESS, Reason.RECIPIENT_REFUSED, Reason.OPTED_OUT, Reason.MESSAGE_REFUSED)
FAULTS = (Reason.LOGIN_REFUSED, Reason.WRONG_SETTINGS)
LONGEST = 2000
_NOT_OURS = ("authorization", "connection", "content-length", "content-type", "host", "transfer-encoding")
VARIABLE = matching(r"[A-Za-z_][A-Za-z0-9_]{0,99}", "the name of a variable")
HEADER = matching(r"[A-Za-z0-9-]{1,60}", "the name of a header such as X-Api-Key")
STATUS = re.compile(r"[1-5]([0-9]{2}|xx)")


def one_of(*words: str) -> Any:
    return matching("|".join(words), f"one of {', '.join(words)}")


def text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
        raise ValidationError("must be text on one line")
    return value


class Text(fields.Field[str]):
    """A text on one line, as it stands."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return text(value)


class Texts(fields.Field[dict[str, str]]):
    """Names with their texts."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dict[str, str]:
        if not isinstance(value, dict):
            raise ValidationError("must be a mapping")
        faults: dict[str, Any] = {}
        for name, one in value.items():
            try:
                text(one)
            except ValidationError as error:
                faults[name] = error.messages
        if faults:
            raise ValidationError(faults)
        return value


class Address(Text):
    """Where a request goes: https, or http on this machine, the host without placeholders."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        address = text(value)
        try:
            parts = urlsplit(address)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise ValidationError("is no address") from None
        if not host or " " in address or "{" in parts.scheme + parts.netloc:
            raise ValidationError("is no address with a host that is written out")
        if "@" in parts.netloc or parts.fragment:
            raise ValidationError("must hold neither login nor fragment; `auth` names the variables of a login")
        if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
            raise ValidationError("only https, or http on this machine")
        return address


class JsonText(fields.Field[Any]):
    """A JSON document, written as text so that numbers stay numbers."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise ValidationError('must be JSON as text: `json: |` and below it {"to": "{to}"}')
        try:
            found = json.loads(value)
        except ValueError as error:
            raise ValidationError(f"is no JSON: {error}") from error
        if not found or not isinstance(found, dict | list):
            raise ValidationError("must be an object or a list with something in it")
        return found


class Path(fields.Field[JSONPath]):
    """A JSONPath, compiled."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> JSONPath:
        return path_of(value)


def path_of(value: Any) -> JSONPath:
    try:
        found = compile_path(text(value))
    except JSONPathError as error:
        raise ValidationError(f"{shown(value)} is no JSONPath: {str(error).splitlines()[0]}") from error
    if not isinstance(found, JSONPath) or not value.startswith("$"):
        raise ValidationError(f"{shown(value)} is no JSONPath; one begins with $")
    return found


class BasicForm(Form):
    user = Word(VARIABLE, required=True)
    password = Word(VARIABLE, required=True)


class HeaderForm(Form):
    name = Word(HEADER, required=True)
    secret = Word(VARIABLE, required=True)
    prefix = Text(load_default="")


class AuthForm(Form):
    """How we show who we are: one way of three, each by the names of variables."""

    bearer = Word(VARIABLE)
    basic = fields.Nested(BasicForm)
    header = fields.Nested(HeaderForm)

    @validates_schema
    def _one(self, data: dict[str, Any], **_: Any) -> None:
        if len(data) != 1:
            raise ValidationError("needs one of bearer, basic and header")


class RequestForm(Form):
    method = Word(one_of(*METHODS), load_default="POST")
    url = Address(required=True)
    headers = Texts(load_default=dict)
    query = Texts(load_default=dict)
    form = Texts(load_default=None)
    json = JsonText(load_default=None)
    auth = fields.Nested(AuthForm, load_default=None)

    @validates_schema
    def _whole(self, data: dict[str, Any], **_: Any) -> None:
        if data["form"] is not None and data["json"] is not None:
            raise ValidationError("either form or json", "json")
        if data["method"] == "GET" and (data["form"] is not None or data["json"] is not None):
            raise ValidationError("a GET has a query, but neither form nor json", "method")
        for name, value in data["headers"].items():
            HEADER(name)
            if name.lower() in _NOT_OURS:
                raise ValidationError(f"{name} is written by itself; a login goes into `auth`", "headers")
            if not value.isascii():
                raise ValidationError(f"{name} must be ASCII", "headers")


class ConditionForm(Form):
    """What an answer is; `{}` would be any."""

    status = fields.Raw()
    where = fields.Dict(keys=fields.Raw(), values=fields.Raw())

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Any:
        if not data.get("status") and not data.get("where"):
            raise ValidationError("needs status, where, or both")
        where = tuple((path_of(path), _values(values)) for path, values in data.get("where", {}).items())
        return Condition(_statuses(data.get("status", [])), where)


class RefusalForm(ConditionForm):
    reason = Word(one_of(*REFUSALS), required=True)

    @post_load
    def _build(self, data: dict[str, Any], **_: Any) -> Any:
        condition = {name: value for name, value in data.items() if name != "reason"}
        return super()._build(condition), Reason(data["reason"])


class FaultForm(RefusalForm):
    reason = Word(one_of(*FAULTS), required=True)


class AnswersForm(Form):
    accepted = fields.Nested(ConditionForm, required=True)
    id_ = Path(data_key="id", load_default=None)
    throttled = fields.List(fields.Nested(ConditionForm), load_default=list)
    permanent = fields.List(fields.Nested(RefusalForm), load_default=list)
    settings = fields.List(fields.Nested(FaultForm), load_default=list)


class ProviderForm(Form):
    name = Word(matching(r"[a-z0-9][a-z0-9_-]{0,39}", "a name such as vonage"), required=True)
    sender = Word(upstream, data_key="from", load_default="")
    callback = Address(load_default="")
    request = fields.Nested(RequestForm, required=True)
    answers = fields.Nested(AnswersForm, required=True)

    @validates_schema
    def _named(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("name") == "twilio":
            raise ValidationError("stands for OMBUD_SMS_URL: write only `- twilio`, or take another name", "name")


def _statuses(value: Any) -> frozenset[str]:
    each = value if isinstance(value, list) else [value]
    for one in each:
        if not isinstance(one, str) or not STATUS.fullmatch(one):
            raise ValidationError(f"{shown(one)} is no status such as 200 or 2xx", "status")
    return frozenset(each)


def _values(value: Any) -> frozenset[str]:
    each = value if isinstance(value, list) else [value]
    if not each:
        raise ValidationError("an empty list", "where")
    return frozenset(text(one) for one in each)
