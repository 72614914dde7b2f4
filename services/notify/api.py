"""What notify's HTTP doors take and answer, for the documents: `python -m apidocs` reads it."""

from dataclasses import dataclass
from datetime import datetime

from marshmallow import fields, validate

from services.notify import receipt_schemas, schemas
from services.notify.answering import ReplyAnswer
from services.notify.domain.alert import AlertState, ChannelName, Purpose
from services.notify.domain.outcomes import Reason
from services.notify.receipts import ReceiptAnswer
from shared.api import A_COMPLAINT, AN_ALERT, THIS_DOCUMENT, Operation, Plumbing
from shared.contracts.event import Severity
from shared.differences import Difference
from shared.parts import CHECK
from shared.quarantine import api as quarantine


@dataclass(frozen=True)
class ContactDocument:
    """A person and how to reach them; of the addresses only as much as shows a wrong one.

    opted_out: the channels whose address answered STOP.
    """

    person: str
    name: str
    email: str | None
    phone: str | None
    language: str
    timezone: str
    channels: tuple[ChannelName, ...]
    opted_out: tuple[ChannelName, ...]


@dataclass(frozen=True)
class ContactList:
    """A page; next: what to pass as `after` for the one behind it."""

    contacts: tuple[ContactDocument, ...]
    next: str | None


@dataclass(frozen=True)
class DeliveryDocument:
    """One attempt at sending an alert; handed_off: whether it may have left."""

    attempt: int
    outcome: str
    reason: Reason
    detail: str
    handed_off: bool
    ended_at: datetime


@dataclass(frozen=True)
class AlertDocument:
    """An alert without addresses; next_at: when it is tried, while it is pending."""

    id: str
    case_id: str
    escalation_id: str
    purpose: Purpose
    level: int
    severity: Severity
    recipient: str
    channel: ChannelName
    state: AlertState
    reason: Reason | None
    attempt: int
    created_at: datetime
    next_at: datetime | None
    ended_at: datetime | None
    provider_id: str | None
    deliveries: tuple[DeliveryDocument, ...]


@dataclass(frozen=True)
class AlertList:
    alerts: tuple[AlertDocument, ...]


@dataclass(frozen=True)
class Summary:
    """alerts: by state; mails: those that a server took, a digest of many alerts is one; unreachable: escalations that
    reached nobody.
    """

    alerts: dict[str, int]
    mails: int
    escalations: int
    unreachable: int
    last_resort_configured: bool
    plumbing: Plumbing


FORM = "application/x-www-form-urlencoded"
TWIML = {"type": "string"}
SIGNED = {"X-Twilio-Signature": fields.String()}
_TEXT = {"type": "string"}
STATUS_FORM = {"type": "object", "properties": dict.fromkeys(("MessageSid", "MessageStatus", "ErrorCode"), _TEXT)}
MESSAGE_FORM = {"type": "object", "properties": dict.fromkeys(("MessageSid", "From", "Body", "OptOutType"), _TEXT)}
# As a mail server writes it; the alert is an example, too.
A_BOUNCE = f"""\
From: MAILER-DAEMON@mail.example.org
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
MIME-Version: 1.0

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; petr@example.org
Action: delayed
Status: 4.4.1

--b
Content-Type: text/rfc822-headers

Message-ID: <{AN_ALERT}@example.org>
--b--
"""
_PERSON = {"person": fields.String(validate=validate.Regexp(schemas.PERSON.pattern + r"\Z"))}
_PETR = {
    "name": "Petr",
    "email": "petr@example.org",
    "phone": "+420601234567",
    "language": "cs",
    "timezone": "Europe/Prague",
    "channels": ["email", "sms"],
}

OPERATIONS = {
    "put_contact": Operation(
        "Say how a person can be reached",
        body=schemas.ContactSchema(),
        answer=ContactDocument,
        path=_PERSON,
        example=_PETR,
        example_path={"person": "petr"},
    ),
    "put_contacts": Operation(
        "Say how many can be reached: all of them or none; those not named stay as they are",
        body=schemas.ContactsBody(),
        answer=Difference,
        query=CHECK,
        example={
            "contacts": [
                {"person": "petr", **_PETR},
                {"person": "karin", "name": "Karin", "email": "karin@example.org", "timezone": "Europe/Prague"},
            ]
        },
    ),
    "get_contact": Operation(
        "Show how a person can be reached",
        answer=ContactDocument,
        path=_PERSON,
        problems=(404,),
        example_path={"person": "petr"},
    ),
    "get_contacts": Operation("List the contacts by person", answer=ContactList, query={"after": fields.String()}),
    "post_reply": Operation(
        "Answer an alert by text message: `1` or `ACK` takes the case, its reference says which one",
        body=schemas.ReplyBody(),
        answer=ReplyAnswer,
        problems=(404,),
        example={"channel": "sms", "from": _PETR["phone"], "text": "1", "at": "2026-11-02T08:31:00Z"},
    ),
    "post_receipt": Operation(
        "Tell what became of a message after its provider took it",
        body=receipt_schemas.ReceiptBody(),
        answer=ReceiptAnswer,
        problems=(404,),
        example={"alert_id": AN_ALERT, "kind": "delivered", "at": "2026-11-02T08:31:00Z"},
    ),
    "post_bounce": Operation(
        "Hand in a mail that came back: a delivery status report (RFC 3464), or a bounce",
        body={"message/rfc822": {"type": "string"}},
        answer=ReceiptAnswer,
        problems=(404,),
        example=A_BOUNCE,
    ),
    "post_twilio_status": Operation(
        "Twilio's status callback: signed, one for each step of a text message",
        body={FORM: STATUS_FORM},
        answer=ReceiptAnswer,
        query={"alert": fields.String()},
        headers=SIGNED,
        problems=(403, 404),
        example={"MessageSid": "SM1", "MessageStatus": "sent"},
    ),
    "post_twilio_message": Operation(
        "Twilio's webhook for incoming messages: signed; the answer is sent back as a text message",
        body={FORM: MESSAGE_FORM},
        answer=TWIML,
        answers="text/xml",
        headers=SIGNED,
        problems=(403, 404),
        example={"MessageSid": "SM2", "From": _PETR["phone"], "Body": "1"},
    ),
    "get_alerts": Operation(
        "List the newest alerts, of one case or of all",
        answer=AlertList,
        query={"case_id": fields.String(validate=validate.Length(1, 200), metadata={"example": A_COMPLAINT})},
        problems=(422,),
    ),
    "get_summary": Operation("Count what notify has", answer=Summary),
    **quarantine.OPERATIONS,
    "get_openapi": THIS_DOCUMENT,
}
