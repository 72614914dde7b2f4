"""Bodies and queries of notify's HTTP doors. Called by service.py."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from services.notify.channels.mime import is_address
from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import USUAL_ORDER, Contact
from services.notify.domain.reply import Reply
from shared.contracts.event import Instant, Severity
from shared.errors import Rejected
from shared.parts import refuse_twice

LONGEST_REPLY = 1600  # characters: what the provider takes for a text message of several parts
PERSON = re.compile(r"[^\s\x00-\x1f\x7f/]{1,100}")
_NO_PERSON = "a person's id has 1 to 100 characters, no spaces and no slash"
_WISHES = [c.value for c in USUAL_ORDER]
_E164 = validate.Regexp(r"^\+[1-9][0-9]{6,14}\Z", error="not of the form +420601234567 (E.164)")
_NO_NUL = validate.ContainsNoneOf("\0", error="no NUL, please")  # PostgreSQL cannot keep it
_LANGUAGE = validate.Regexp(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", error="not a language tag such as en or pt-BR")


class ContactSchema(Schema):
    """The body of `PUT /v1/contacts/{person}`."""

    class Meta:
        unknown = RAISE

    name = fields.String(required=True, validate=[validate.Length(min=1, max=200), _NO_NUL])
    email = fields.String(load_default=None, allow_none=True)
    phone = fields.String(load_default=None, allow_none=True, validate=_E164)
    language = fields.String(load_default="en", validate=[validate.Length(max=35), _LANGUAGE])
    timezone = fields.String(load_default="UTC")
    channels = fields.List(
        fields.String(validate=validate.OneOf(_WISHES)),
        load_default=lambda: list(_WISHES),
        validate=validate.Length(min=1),
    )

    @validates_schema
    def check(self, contact: dict[str, Any], **_: Any) -> None:
        faults = {}
        if contact.get("email") is not None and not is_address(contact["email"]):
            faults["email"] = ["not a plain e-mail address"]
        if not _is_zone(contact.get("timezone", "UTC")):
            faults["timezone"] = ["not a time zone such as Europe/Prague"]
        if len(set(contact.get("channels", ()))) != len(contact.get("channels", ())):
            faults["channels"] = ["a channel stands twice"]
        if faults:
            raise ValidationError(faults)
        if not any(_contact({"person": "", **contact}).routes(s) for s in Severity):
            wanted = " or ".join({"email": "an email", "sms": "a phone"}[c] for c in contact["channels"])
            raise ValidationError(f"needs {wanted} for its channels")


class ContactEntry(ContactSchema):
    """A contact in a list: the same, with the person that else stands in the path."""

    person = fields.String(required=True, validate=validate.Regexp(PERSON.pattern + r"\Z", error=_NO_PERSON))


class ContactsBody(Schema):
    """The body of `PUT /v1/contacts`."""

    contacts = fields.List(fields.Nested(ContactEntry), required=True)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def nobody_twice(self, _: Any, original: Any, **__: Any) -> None:
        refuse_twice(original, "contacts", "person")


class ReplyBody(Schema):
    """The body of `POST /v1/replies`. from: the number that answers; at: when, so that a repetition is known as one."""

    class Meta:
        unknown = RAISE

    channel = fields.String(required=True, validate=validate.OneOf([ChannelName.SMS.value]))
    number = fields.String(required=True, data_key="from", validate=_E164)
    text = fields.String(required=True, validate=validate.Length(max=LONGEST_REPLY))
    at = Instant(load_default=None, allow_none=True)


_CONTACT, _CONTACTS, _REPLY = ContactSchema(), ContactsBody(), ReplyBody()


def contact_from(person: str, body: Any) -> Contact:
    """The contact in a body; raises Rejected with every fault by its path."""
    if not PERSON.fullmatch(person):
        raise Rejected(_NO_PERSON)
    return _contact({"person": person, **_loaded(_CONTACT, body, "the contact cannot be used")})


def contacts_from(body: Any) -> dict[str, Contact]:
    """The contacts in a body by person; raises Rejected with every fault of every entry by its path."""
    entries = _loaded(_CONTACTS, body, "the contacts cannot be used")["contacts"]
    return {entry["person"]: _contact(entry) for entry in entries}


def reply_from(body: Any) -> Reply:
    """The reply in a body; raises Rejected with every fault by its path."""
    loaded = _loaded(_REPLY, body, "the reply cannot be used")
    return Reply(loaded["number"], loaded["text"], loaded["at"])


def _loaded(schema: Schema, body: Any, refusal: str) -> dict[str, Any]:
    try:
        loaded: dict[str, Any] = schema.load(body)
    except ValidationError as error:
        raise Rejected(refusal, errors=_faults(error.messages)) from error
    return loaded


def _contact(loaded: dict[str, Any]) -> Contact:
    addresses = {ChannelName.EMAIL: loaded.get("email"), ChannelName.SMS: loaded.get("phone")}
    return Contact(
        loaded["person"],
        loaded["name"],
        {channel: address for channel, address in addresses.items() if address},
        loaded["language"],
        loaded["timezone"],
        tuple(ChannelName(c) for c in loaded["channels"]),
    )


def contact_document(contact: Contact) -> dict[str, Any]:
    """A contact as it is shown: addresses only as far as to tell a wrong one. They never leave notify whole."""
    return {
        "person": contact.person,
        "name": contact.name,
        "email": _masked_email(contact.address(ChannelName.EMAIL)),
        "phone": _masked_phone(contact.address(ChannelName.SMS)),
        "language": contact.language,
        "timezone": contact.timezone,
        "channels": list(contact.channels),
        "opted_out": sorted(c.value for c in contact.opted_out),
    }


def _masked_email(email: str | None) -> str | None:
    local, at, domain = (email or "").rpartition("@")
    return f"{local[:1]}***{at}{domain}" if email else None


def _masked_phone(phone: str | None) -> str | None:
    return f"{phone[:4]}***{phone[-2:]}" if phone else None


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # each of them, by the shape of a wrong name
        return False
    return True


def _faults(messages: Any, path: str = "") -> list[dict[str, str]]:
    if isinstance(messages, dict):
        return [
            fault
            for key, inner in messages.items()
            for fault in _faults(inner, path if key == "_schema" else f"{path}/{key}")
        ]
    return [{"pointer": path, "detail": str(detail)} for detail in messages]


load = _loaded  # of a body, for receipt_schemas.py
