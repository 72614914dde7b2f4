"""A letter as the bytes of a mail: headers, text and HTML part. Called by email.py."""

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr

from services.notify.channels.channel import Letter
from shared.settings import WrongSettings

SUBJECT_LIMIT = 200
_POLICY = SMTP.clone(max_line_length=78)
_ADDRESS = re.compile(r"[!-?A-~]+@[!-?A-~]+")  # printable ASCII, one @
_LEADING_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True)
class Sender:
    """Who writes: the From header, its bare address, and the domain in which message ids are ours."""

    header: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @classmethod
    def parse(cls, text: str) -> "Sender":
        _, address = parseaddr(text)
        if not _ADDRESS.fullmatch(address) or any(c in text for c in "\r\n"):
            raise WrongSettings(f"OMBUD_MAIL_FROM: {text!r} is no address; the form is Ombud <ombud@example.org>")
        return cls(text, address)


def write(letter: Letter, sender: Sender) -> bytes:
    """The mail, ready for DATA without the final dot; ValueError when a header would hold a line break or no address."""
    if not _ADDRESS.fullmatch(letter.address):
        raise ValueError("no plain address")
    message = EmailMessage(_POLICY)
    message["From"] = sender.header
    message["To"] = letter.address
    message["Subject"] = letter.subject[:SUBJECT_LIMIT]
    message["Date"] = formatdate()
    # The same id at each attempt, so that a mailbox can tell a copy; the case's id makes its alerts one thread.
    message["Message-ID"] = f"<{letter.alert_id}@{sender.domain}>"
    message["References"] = message["In-Reply-To"] = f"<{letter.case_id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = letter.language
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return _LEADING_DOT.sub(b"..", message.as_bytes())
