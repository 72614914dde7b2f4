"""What notify's HTTP doors take and answer, for the documents: `python -m apidocs` reads it."""

from marshmallow import fields, validate

from services.notify import schemas
from services.notify.documents import AlertList, ContactDocument, ContactList, PolicyDocument, Summary
from services.notify.domain.reply import ReplyAnswer
from services.notify.doors import receipt_schemas
from services.notify.incoming.receipts import ReceiptAnswer
from services.notify.people import contact_schemas
from services.notify.plans.trying import Trial
from shared.api import A_COMPLAINT, AN_ALERT, THIS_DOCUMENT, Operation
from shared.departures import api as departures
from shared.differences import Difference
from shared.parts import CHECK
from shared.quarantine import api as quarantine

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
        body={FORM: _SLACK_FORM},
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
