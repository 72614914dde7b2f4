"""An inbound mail, whichever provider passed it on, to what it says; called by postmark, sendgrid and mailgun."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from marshmallow import Schema, fields

from services.intake.sources.plaintext import plain
from services.intake.sources.source import ANSWERED, CONTACTED, SUBMITTED, Account, Heard, Ignored, Said, filled
from services.intake.sources.threads import ids_of, is_reply, thread_of
from services.intake.sources.times import written
from shared.errors import Rejected


class MailOptions(Schema):
    """own_domains: mails from there are answers of ours, not contacts of a customer."""

    own_domains = fields.List(fields.String(), load_default=list)


@dataclass(frozen=True)
class Mail:
    """headers: by lower-case name, of a repeated one the first. stripped: the text without what it quotes, if known."""

    sender: str
    subject: str
    text: str
    html: str
    stripped: str
    headers: Mapping[str, str]
    provider_id: str = ""

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


def said(mail: Mail, account: Account) -> list[Heard]:
    """A new thread is a complaint, a reply a contact, or an answer if we wrote it; answering machines say nothing."""
    if _is_automatic(mail):
        return [Ignored()]
    own_id = (ids_of(mail.header("message-id")) or [mail.provider_id or _hashed(mail)])[0]
    in_reply_to, references = mail.header("in-reply-to"), mail.header("references")
    thread = thread_of(mail.header("message-id"), in_reply_to, references) or own_id
    name, address = parseaddr(mail.sender)
    if "@" not in address:
        raise Rejected("no mail", [{"pointer": "/", "detail": "Its sender has no address."}])
    when = written(mail.header("date"))
    if address.rpartition("@")[2].lower() in {d.lower() for d in account.options["own_domains"]}:
        data: dict[str, Any] = {"external_id": thread, **filled(at=when, by=name)}
        return [Said(ANSWERED, data, own_id) if is_reply(in_reply_to, references) else Ignored()]
    again = is_reply(in_reply_to, references)
    data = {
        "external_id": thread,
        "text": _text(mail, again),
        "channel": "email",
        "contact_id": own_id,
        "customer": filled(name=name, email=address.lower()),
        **filled(subject=mail.subject, received_at=when),
    }
    return [Said(CONTACTED if again else SUBMITTED, data, own_id)]


def _hashed(mail: Mail) -> str:
    """A name for a mail without a Message-ID: what a provider passes on twice is the same word by word."""
    headers = (mail.header(name) for name in ("date", "in-reply-to", "references"))
    said = (mail.sender, *headers, mail.subject, mail.text, mail.html)
    return hashlib.sha256("\0".join(said).encode()).hexdigest()


def _text(mail: Mail, again: bool) -> str:
    """A first mail whole, for what it forwards may be the matter; of a reply what is new, where the provider knows."""
    whole = mail.text.strip() or plain(mail.html)
    return (plain(mail.stripped) if again else "") or whole


def _is_automatic(mail: Mail) -> bool:
    """Out-of-office notes (RFC 3834) and bounces. Mails of web forms are `auto-generated` and do count."""
    if mail.header("auto-submitted").lower().startswith("auto-replied") or mail.header("x-autoreply"):
        return True
    kind = mail.header("content-type").lower()
    return mail.header("return-path").strip() == "<>" or kind.startswith("multipart/report")
