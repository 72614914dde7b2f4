"""What notify is told of contacts, with every fault named by its path. Called by service.py."""

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import FIELD_OF, USUAL_ORDER, Contact, Wish
from services.notify.people.address_fields import (
    SLACK,
    Url,
    Webhook,
    plain_email,
    possible_number,
    reachable_by_apprise,
)
from services.notify.people.wish_fields import Gather, Order, Orders, QuietHoursForm, each_once
from services.notify.schemas import E164, NO_NUL, NO_PERSON, PERSON
from shared.contracts.event import Severity
from shared.errors import Rejected
from shared.hours.schedule import Zone
from shared.loading import load
from shared.parts import refuse_twice

_LANGUAGE = validate.Regexp(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", error="not a language tag such as en or pt-BR")
_NONE: dict[str, Any] = {"load_default": None, "allow_none": True}
_ZONE = {"type": "string", "description": "An IANA time zone such as Europe/Prague."}
_GATHER = {"type": "string", "description": "From 1m to 4h."}


class ContactSchema(Schema):
    """The body of `PUT /v1/contacts/{person}`."""

    class Meta:
        unknown = RAISE

    name = fields.String(required=True, validate=[validate.Length(min=1, max=200), NO_NUL])
    email = fields.String(validate=plain_email, **_NONE)
    phone = fields.String(validate=[E164, possible_number], **_NONE)
    slack = fields.String(validate=SLACK, **_NONE)
    teams = Url("https", **_NONE)
    webhook = Webhook(**_NONE)
    apprise = fields.String(validate=reachable_by_apprise, **_NONE)
    language = fields.String(load_default="en", validate=[validate.Length(max=35), _LANGUAGE])
    timezone = Zone(load_default="UTC", metadata=_ZONE)
    channels = Order(load_default=Orders)
    quiet_hours = fields.Nested(QuietHoursForm, **_NONE)
    gather = Gather(metadata=_GATHER, **_NONE)
    wishes = fields.List(fields.Enum(Wish, by_value=True), load_default=list, validate=each_once)

    @validates_schema(skip_on_field_errors=True)
    def can_be_reached(self, told: dict[str, Any], **_: Any) -> None:
        contact = _contact({"person": "", **told})
        if not any(contact.routes(severity) for severity in Severity):
            named = {c for order in (contact.channels, *contact.by_severity.values()) for c in order}
            wanted = " or ".join(field for channel, field in FIELD_OF.items() if channel in named)
            raise ValidationError(f"needs an address for its channels: {wanted}")


class ContactEntry(ContactSchema):
    """A contact in a list: the same, with the person that else stands in the path."""

    person = fields.String(required=True, validate=validate.Regexp(PERSON.pattern + r"\Z", error=NO_PERSON))


class ContactsBody(Schema):
    """The body of `PUT /v1/contacts`."""

    contacts = fields.List(fields.Nested(ContactEntry), required=True)

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def nobody_twice(self, _: Any, original: Any, **__: Any) -> None:
        refuse_twice(original, "contacts", "person")


_CONTACT, _CONTACTS = ContactSchema(), ContactsBody()


def contact_from(person: str, body: Any) -> Contact:
    """The contact in a body; raises Rejected with every fault by its path."""
    if not PERSON.fullmatch(person):
        raise Rejected(NO_PERSON)
    return _contact({"person": person, **load(_CONTACT, body, "the contact cannot be used")})


def contacts_from(body: Any) -> dict[str, Contact]:
    """The contacts in a body by person; raises Rejected with every fault of every entry by its path."""
    entries = load(_CONTACTS, body, "the contacts cannot be used")["contacts"]
    return {entry["person"]: _contact(entry) for entry in entries}


def _contact(told: dict[str, Any]) -> Contact:
    addresses = {channel: told[field] for channel, field in FIELD_OF.items() if told[field]}
    orders: Orders = told["channels"]
    return Contact(
        told["person"],
        told["name"],
        addresses,
        told["language"],
        told["timezone"],
        orders.default or _usual(addresses),
        orders.by_severity,
        told["quiet_hours"],
        told["gather"],
        frozenset(told["wishes"]),
    )


def _usual(addresses: dict[ChannelName, str]) -> tuple[ChannelName, ...]:
    """Mail and text messages, then what else there is."""
    return (*USUAL_ORDER, *(c for c in addresses if c not in USUAL_ORDER))
