"""Addresses in what is told of contacts, as fields of marshmallow; used by contact_schemas.py."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from services.notify.channels import apprise_address
from services.notify.channels.mime import is_address
from services.notify.domain.contact import webhook_address
from services.notify.schemas import E164

LONGEST_URL = 2000
_SECRET_BYTES = range(24, 65)  # as Standard Webhooks asks for
SLACK = validate.Regexp(
    r"[UWCGD][A-Z0-9]{6,20}\Z", error="not the id of a member or channel of Slack, such as U02ABCDEF or C02ABCDEF"
)


def plain_email(text: str) -> None:
    if not is_address(text):
        raise ValidationError("not a plain e-mail address")


def possible_number(number: str) -> None:
    """As long as numbers of its country are; what is not E.164 is for E164 to refuse."""
    try:
        E164(number)
    except ValidationError:
        return
    if fault := _fault_of_number(number):
        raise ValidationError(fault)


def reachable_by_apprise(url: str) -> None:
    if fault := apprise_address.fault_of(url):
        raise ValidationError(fault)


def _fault_of_number(number: str) -> str | None:
    # Not at the top: it takes a tenth of a second, and notify may start without.
    import phonenumbers
    from phonenumbers import ValidationResult

    try:
        found = phonenumbers.is_possible_number_with_reason(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return "begins with the code of no country"
    if found == ValidationResult.IS_POSSIBLE:
        return None
    wrong = {ValidationResult.TOO_SHORT: "too short", ValidationResult.TOO_LONG: "too long"}
    return f"{wrong.get(found, 'of a wrong length')} for a number of its country"


class Url(fields.String):
    """An address for HTTPS, or also for HTTP; without a password, which others would write into their logs."""

    def __init__(self, *schemes: str, **options: Any):
        super().__init__(validate=validate.Length(max=LONGEST_URL), **options)
        self._schemes = schemes

    def _deserialize(self, value: Any, *args: Any, **options: Any) -> Any:
        url = str(super()._deserialize(value, *args, **options))
        parts = _split(url)
        if parts is None or parts.scheme not in self._schemes or not parts.hostname:
            raise ValidationError(f"not an address such as {self._schemes[0]}://example.org/path")
        if parts.username is not None:
            raise ValidationError("has a user or a password in it")
        return url


def _split(url: str) -> SplitResult | None:
    """None for what is no URL as it goes over the wire."""
    if not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else None
    except ValueError:  # of a port that is none, of half an IPv6 address
        return None


class WebhookForm(Schema):
    url = Url("https", "http", required=True)
    secret = fields.String(load_default=None, allow_none=True)

    @validates_schema
    def _secret_can_sign(self, data: Mapping[str, Any], **_: Any) -> None:
        secret = data.get("secret")
        if secret is not None and not _can_sign(secret):
            raise ValidationError({"secret": ["not whsec_ and 24 to 64 bytes in base64"]})

    @post_load
    def _address(self, data: Mapping[str, Any], **_: Any) -> str:
        return webhook_address(data["url"], data["secret"])


def _can_sign(secret: str) -> bool:
    try:
        return len(base64.b64decode(secret.removeprefix("whsec_").encode(), validate=True)) in _SECRET_BYTES
    except (binascii.Error, UnicodeEncodeError):
        return False


class Webhook(fields.Field[str]):
    """A URL, or {url, secret}; gives the address as contacts keep it."""

    def __init__(self, **options: Any):
        text = {"type": "string", "description": "Such as https://example.org/hooks"}
        whole = {"url": text, "secret": {"type": ["string", "null"]}}
        pair = {"type": "object", "properties": whole, "required": ["url"], "additionalProperties": False}
        super().__init__(metadata={"anyOf": [text, pair, {"type": "null"}]}, **options)
        self._form, self._url = WebhookForm(), Url("https", "http")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Any:
        if isinstance(value, str):
            return webhook_address(str(self._url.deserialize(value)), None)
        if not isinstance(value, Mapping):
            raise ValidationError("an address, or a mapping of url and secret")
        return self._form.load(value)
