"""Inbound mail by Postmark, known by the password in the address that it calls; listed in kinds.py.

https://postmarkapp.com/developer/webhooks/inbound-webhook.
"""

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import quote

from marshmallow import Schema

from services.intake.sources import mails
from services.intake.sources.source import Account, Heard, Inbound, Reply, at, text_at
from shared.errors import Rejected


@dataclass(frozen=True)
class Postmark:
    kind: str = "postmark"
    own_check: bool = False
    needs_secret: bool = False
    takes_check: bool = True
    reply: Reply | None = None
    options: Schema = field(default_factory=mails.MailOptions)

    def check(self, inbound: Inbound, account: Account, now: datetime) -> None:
        account.verify(inbound, now)

    def said(self, inbound: Inbound, account: Account) -> list[Heard]:
        document = inbound.document()
        if not isinstance(at(document, "FromFull"), dict):
            raise Rejected("no mail of Postmark", [{"pointer": "/FromFull", "detail": "Missing data."}])
        headers: dict[str, str] = {"date": text_at(document, "Date")}
        found = at(document, "Headers")
        for each in found if isinstance(found, list) else []:
            headers.setdefault(text_at(each, "Name").lower(), text_at(each, "Value"))
        name, address = text_at(document, "FromFull", "Name"), text_at(document, "FromFull", "Email")
        mail = mails.Mail(
            # Not formataddr, which writes names in ASCII and refuses addresses in other letters.
            sender=f'"{quote(name)}" <{address}>',
            subject=text_at(document, "Subject"),
            text=text_at(document, "TextBody"),
            html=text_at(document, "HtmlBody"),
            stripped=text_at(document, "StrippedTextReply"),
            headers=headers,
            provider_id=text_at(document, "MessageID"),
        )
        return mails.said(mail, account)
