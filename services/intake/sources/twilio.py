"""Incoming SMS by Twilio's messaging webhook; listed in kinds.py.

https://www.twilio.com/docs/messaging/guides/webhook-request, https://www.twilio.com/docs/usage/security.
"""

from dataclasses import dataclass, field
from datetime import datetime

from marshmallow import Schema, fields, validate

from services.intake.sources.source import (
    CONTACTED,
    SUBMITTED,
    Account,
    Forged,
    Heard,
    Ignored,
    Inbound,
    Reply,
    Said,
    filled,
)
from shared.errors import Rejected
from shared.signatures import is_from_twilio

EMPTY_TWIML = Reply(200, "text/xml; charset=utf-8", '<?xml version="1.0" encoding="UTF-8"?><Response></Response>')


class Options(Schema):
    """thread: is each message a complaint of its own, or is all from one number one complaint?"""

    thread = fields.String(load_default="message", validate=validate.OneOf(("message", "sender")))


@dataclass(frozen=True)
class Twilio:
    kind: str = "twilio"
    own_check: bool = True
    needs_secret: bool = True
    takes_check: bool = False
    reply: Reply | None = EMPTY_TWIML
    options: Schema = field(default_factory=Options)

    def check(self, inbound: Inbound, account: Account, now: datetime) -> None:
        """Raises Forged unless it was signed with one of the account's secrets."""
        fields = ((name.encode(), value) for name, value in _fields(inbound).items())
        if not is_from_twilio(inbound.header("x-twilio-signature"), inbound.url, fields, account.secrets):
            raise Forged("the signature is missing or wrong")

    def said(self, inbound: Inbound, account: Account) -> list[Heard]:
        form = inbound.form()
        id_, sender = form.get("MessageSid") or form.get("SmsMessageSid", ""), form.get("From", "")
        if form.get("SmsStatus", "received") != "received":
            return [Ignored()]
        if not id_ or not sender:
            raise Rejected("no incoming message", [{"pointer": "/MessageSid", "detail": "Missing data."}])
        by_sender = account.options["thread"] == "sender"
        data = {
            "external_id": f"{sender}>{form.get('To', '')}" if by_sender else id_,
            "text": form.get("Body", ""),
            "channel": "whatsapp" if sender.startswith("whatsapp:") else "sms",
            "contact_id": id_,
            "customer": filled(phone=sender.rpartition(":")[2], name=form.get("ProfileName")),
        }
        return [Said(CONTACTED if by_sender else SUBMITTED, data, id_)]


def _fields(inbound: Inbound) -> dict[str, bytes]:
    try:
        return dict(inbound.form_bytes)
    except Rejected:  # not a form: the signature will not match either
        return {}
