"""Incoming SMS by Twilio's messaging webhook; listed in kinds.py.

https://www.twilio.com/docs/messaging/guides/webhook-request, https://www.twilio.com/docs/usage/security.
"""

from dataclasses import dataclass, field
from datetime import datetime

from marshmallow import Schema, fields, validate

from services.intake.sources.signatures import signed_by
from services.intake.sources.source import CONTACTED, SUBMITTED, Account, Heard, Ignored, Inbound, Reply, Said, filled
from shared.errors import Rejected

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
        """The signature covers the address as Twilio calls it, and the form in order of its names."""
        pieces = [name.encode() + value for name, value in sorted(_fields(inbound).items())]
        signed = inbound.url.encode() + b"".join(pieces)
        signed_by(account, inbound.header("x-twilio-signature"), "sha1", "base64", signed)

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
