"""Inbound mail by Mailgun's routes, whose signature covers a time and a token; listed in kinds.py.

https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/receive-http,
https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks.
"""

from dataclasses import dataclass, field
from datetime import datetime

from marshmallow import Schema

from services.intake.sources import mails
from services.intake.sources.signatures import must_be_fresh, signed_by
from services.intake.sources.source import Account, Forged, Heard, Inbound, Reply
from shared.bodies import parse_json
from shared.errors import Rejected


@dataclass(frozen=True)
class Mailgun:
    kind: str = "mailgun"
    own_check: bool = True
    needs_secret: bool = True
    takes_check: bool = False
    reply: Reply | None = None
    options: Schema = field(default_factory=mails.MailOptions)

    def check(self, inbound: Inbound, account: Account, now: datetime) -> None:
        try:
            form = inbound.form()
        except Rejected as error:
            raise Forged("the signature is missing or wrong") from error
        timestamp = form.get("timestamp", "")
        signed_by(account, form.get("signature", ""), "sha256", "hex", (timestamp + form.get("token", "")).encode())
        must_be_fresh(timestamp, account, now)

    def said(self, inbound: Inbound, account: Account) -> list[Heard]:
        form = inbound.form()
        headers = _headers(form.get("message-headers", "[]"))
        mail = mails.Mail(
            sender=form.get("from") or headers.get("from", ""),
            subject=form.get("subject") or headers.get("subject", ""),
            text=form.get("body-plain", ""),
            html=form.get("body-html", ""),
            stripped=form.get("stripped-text", ""),
            headers=headers,
        )
        return mails.said(mail, account)


def _headers(written: str) -> dict[str, str]:
    """The field `message-headers`: JSON, a list of pairs."""
    try:
        pairs = parse_json(written.encode())
    except ValueError as error:
        raise Rejected("no mail of Mailgun", [{"pointer": "/message-headers", "detail": str(error)}]) from error
    found: dict[str, str] = {}
    for pair in pairs if isinstance(pairs, list) else []:
        if isinstance(pair, list) and len(pair) == 2:
            found.setdefault(str(pair[0]).lower(), str(pair[1]))
    return found
