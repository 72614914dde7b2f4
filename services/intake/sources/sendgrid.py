"""Inbound mail by SendGrid's Inbound Parse, which signs nothing: the file says how it is known; listed in kinds.py.

https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook. The option to
post the raw MIME message is not understood.
"""

import codecs
from dataclasses import dataclass, field
from datetime import datetime
from email.parser import HeaderParser

from marshmallow import Schema

from services.intake.sources import mails
from services.intake.sources.source import Account, Heard, Inbound, Reply, text_at
from shared.bodies import parse_json
from shared.errors import Rejected
from shared.messaging.envelope import plain_text

MAX_HEADERS = 100_000
# What Python reads beside the character sets of mails: its own notation, and names of hosts.
NO_CHARSETS = ("unicode-escape", "raw-unicode-escape", "punycode", "idna")


@dataclass(frozen=True)
class SendGrid:
    kind: str = "sendgrid"
    own_check: bool = False
    needs_secret: bool = False
    takes_check: bool = True
    reply: Reply | None = None
    options: Schema = field(default_factory=mails.MailOptions)

    def check(self, inbound: Inbound, account: Account, now: datetime) -> None:
        account.verify(inbound, now)

    def said(self, inbound: Inbound, account: Account) -> list[Heard]:
        form = _decoded(inbound)
        if "headers" not in form or "from" not in form:
            raise Rejected("no mail of SendGrid", [{"pointer": "/headers", "detail": "Missing data."}])
        mail = mails.Mail(
            sender=form["from"],
            subject=form.get("subject", ""),
            text=form.get("text", ""),
            html=form.get("html", ""),
            stripped="",
            headers=headers_of(form["headers"]),
        )
        return mails.said(mail, account)


def headers_of(block: str) -> dict[str, str]:
    """A block of mail headers, folded lines included, by lower-case name."""
    found: dict[str, str] = {}
    for name, value in HeaderParser().parsestr(block[:MAX_HEADERS]).raw_items():
        found.setdefault(name.lower(), " ".join(str(value).split()))
    return found


def _decoded(inbound: Inbound) -> dict[str, str]:
    """The fields, each in the character set that the field `charsets` names for it."""
    raw = inbound.form_bytes
    try:
        charsets = parse_json(raw.get("charsets", b"{}"))
    except ValueError:
        charsets = {}
    return {name: _text(value, text_at(charsets, name) or "utf-8") for name, value in raw.items()}


def _text(value: bytes, charset: str) -> str:
    try:
        known = codecs.lookup(charset).name not in NO_CHARSETS
        decoded = value.decode(charset if known else "utf-8", "replace")
    except (LookupError, ValueError):
        decoded = value.decode("utf-8", "replace")
    return plain_text(decoded)  # UTF-7 can write half a character, which nothing can keep
