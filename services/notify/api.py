"""What notify's HTTP doors take and answer, for the documents: `python -m apidocs` reads it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import fields, validate

from services.notify import schemas
from services.notify.domain.alert import AlertState, ChannelName, Purpose
from services.notify.domain.contact import Wish
from services.notify.domain.outcomes import Reason
from services.notify.domain.reply import ReplyAnswer
from services.notify.doors import receipt_schemas
from services.notify.incoming.receipts import ReceiptAnswer
from services.notify.people import contact_schemas
from services.notify.plans.trying import Trial
from shared.api import A_COMPLAINT, AN_ALERT, THIS_DOCUMENT, Operation, Plumbing
from shared.contracts.event import Severity
from shared.departures import api as departures
from shared.differences import Difference
from shared.parts import CHECK
from shared.quarantine import api as quarantine


@dataclass(frozen=True)
class ShownWebhook:
    """secret: *** if the letters are signed."""

    url: str
    secret: str | None


@dataclass(frozen=True)
class ShownQuietHours:
    hours: tuple[dict[str, Any], ...]
    but_for: tuple[Severity, ...]


@dataclass(frozen=True)
class ContactDocument:
    """A person and how to reach them; of the addresses only as much as shows a wrong one.

    channels: for the severities that are not in by_severity. opted_out: channels whose address answered STOP.
    """

    person: str
    name: str
    email: str | None
    phone: str | None
    slack: str | None
    teams: str | None
    webhook: ShownWebhook | None
    apprise: str | None
    language: str
    timezone: str
    channels: tuple[ChannelName, ...]
    by_severity: dict[str, tuple[ChannelName, ...]]
    quiet_hours: ShownQuietHours | None
    gather: str | None
    wishes: tuple[Wish, ...]
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
    """next: what to pass as `after` for the page behind this one, where `after` was asked for."""

    alerts: tuple[AlertDocument, ...]
    next: str | None


@dataclass(frozen=True)
class PolicyDocument:
    """document: the text of the file, as it was read."""

    version: str
    document: str


@dataclass(frozen=True)
class Summary:
    """alerts: by state; mails: those that a server took, a digest of many alerts is one; unreachable: escalations that
    reached nobody; channels: those that are configured; unaccounted: alerts that broke the book-keeping, must be 0, as
    the replica that answers found at its last look; last_resort: a person, `last-resort` for an address.
    """

    alerts: dict[str, int]
    mails: int
    escalations: int
    unreachable: int
    contacts: int
    channels: tuple[ChannelName, ...]
    unaccounted: int
    last_resort: str | None
    last_resort_configured: bool
    last_resort_reachable: bool
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
    "channels": {"critical": ["sms", "email"], "default": ["email", "sms"]},
    "quiet_hours": {"hours": [{"days": "daily", "from": "22:00", "to": "07:00"}], "but_for": ["high", "critical"]},
    "wishes": ["taken"],
}

_FORM = "application/x-www-form-urlencoded"
_SLACK_FORM = {
    "type": "object",
    "properties": {"payload": {"type": "string", "description": "JSON, as Slack writes it"}},
    "required": ["payload"],
}

OPERATIONS = {
    "put_contact": Operation(
        "Say how a person can be reached",
        body=contact_schemas.ContactSchema(),
        answer=ContactDocument,
        path=_PERSON,
        example=_PETR,
        example_path={"person": "petr"},
    ),
    "put_contacts": Operation(
        "Say how many can be reached: all of them or none; those not named stay as they are",
        body=contact_schemas.ContactsBody(),
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
    "delete_contact": Operation(
        "Forget how a person can be reached; shows what was known",
        answer=ContactDocument,
        path=_PERSON,
        problems=(404,),
        example_path={"person": "leaver"},
    ),
    "get_contacts": Operation("List the contacts by person", answer=ContactList, query={"after": fields.String()}),
    "post_reply": Operation(
        "Answer an alert by text message: `1` or `ACK` takes the case, its reference says which one",
        body=schemas.ReplyBody(),
        answer=ReplyAnswer,
        problems=(404,),
        example={"channel": "sms", "from": _PETR["phone"], "text": "1", "at": "2026-11-02T08:31:00Z"},
    ),
    "post_slack_action": Operation(
        "Take what Slack tells when a button is pressed; signed by Slack",
        body={_FORM: _SLACK_FORM},
        answer={"type": "string"},
        answers="text/plain",
        problems=(401, 404),
        example={"payload": '{"type": "block_actions", "user": {"id": "U012AB3CD"}, "actions": []}'},
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
        query={
            "case_id": fields.String(validate=validate.Length(1, 200), metadata={"example": A_COMPLAINT}),
            "after": fields.String(metadata={"description": "by id, from the first behind this one; may be empty"}),
        },
        problems=(422,),
    ),
    "post_test_alerts": Operation(
        "Send a test alert to every address of a person, or of everyone",
        body=schemas.TrialBody(),
        answer=Trial,
        status=202,
        problems=(404,),
        example={"person": "petr"},
    ),
    "get_policy": Operation("Show the policy by which alerts are sent now", answer=PolicyDocument),
    "get_summary": Operation("Count what notify has", answer=Summary),
    **departures.OPERATIONS,
    **quarantine.OPERATIONS,
    "get_openapi": THIS_DOCUMENT,
}
