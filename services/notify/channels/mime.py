"""A letter as the bytes of a mail (RFC 5322, 2045, 2047): headers, text and HTML part. Called by email.py.

Written by hand because `email.message.EmailMessage` takes 1.5 ms for it, most of what a whole alert may cost; the tests
read what is written here back with the standard library's strict parser.
"""

import base64
import re
from dataclasses import dataclass
from email.utils import formatdate, getaddresses, parseaddr

from services.notify.channels.channel import Letter
from shared.settings import WrongSettings

SUBJECT_LIMIT = 200
LINE_LIMIT = 900  # of the 998 that RFC 5322 allows
_WORD_BYTES = 45  # of text in one encoded word, which may have 75 characters
_ADDRESS = re.compile(r"[!#-'*+\-/-9=?A-Z^-~.]+@[A-Za-z0-9.\-]+|[!#-'*+\-/-9=?A-Z^-~.]+@\[[0-9A-Fa-f.:]+\]")
_PLAIN = re.compile(r"[ -~]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


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
        name, address = parseaddr(text)
        if not is_address(address) or _CONTROL.search(text) or len(getaddresses([text])) > 1:
            raise WrongSettings(f"OMBUD_MAIL_FROM: {text!r} is not one address; the form is Ombud <ombud@example.org>")
        quoted = (
            f'"{name}"'
            if re.search(r"[^\w !-]", name, re.ASCII) and name.isascii() and '"' not in name
            else _words(name)
        )
        return cls(f"{quoted} <{address}>" if name else address, address)


def is_address(text: str) -> bool:
    """True for an address that can stand in SMTP commands and headers as it is."""
    return bool(_ADDRESS.fullmatch(text)) and len(text) <= 254


def write(letter: Letter, sender: Sender) -> bytes:
    """The mail for DATA, its last line ended, without the final dot; ValueError when a header would break out."""
    if not is_address(letter.address):
        raise ValueError("no plain address")
    boundary = f"=_{letter.alert_id}"
    lines = [
        _header("From", sender.header),
        _header("To", letter.address),
        _header("Subject", _words(letter.subject[:SUBJECT_LIMIT])),
        _header("Date", formatdate()),
        # The same id at each attempt, so that a mailbox can tell a copy.
        _header("Message-ID", _message_id(letter.alert_id, sender)),
        *_thread(letter, sender),
        _header("Auto-Submitted", "auto-generated"),
        _header("X-Auto-Response-Suppress", "All"),
        _header("MIME-Version", "1.0"),
        _header("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
        "",
        *_part(boundary, "plain", letter.text),
        *_part(boundary, "html", letter.html),
        f"--{boundary}--",
        "",
    ]
    return "\r\n".join(lines).encode("ascii")


def _thread(letter: Letter, sender: Sender) -> list[str]:
    """The case's id makes its alerts one thread; a digest belongs to none."""
    if not letter.case_id:
        return []
    case = _message_id(letter.case_id, sender)
    return [_header("In-Reply-To", case), _header("References", case)]


def _header(name: str, value: str) -> str:
    """One header; `value` may hold folds that `_words` made, and nothing else but printable ASCII."""
    if not all(_PLAIN.fullmatch(line) for line in value.split("\r\n ")):
        raise ValueError(f"{name} would break out of its line")
    return f"{name}: {value}"


def _message_id(name: str, sender: Sender) -> str:
    return f"<{re.sub(r'[^A-Za-z0-9-]', '.', name)}@{sender.domain}>"


def _words(text: str) -> str:
    """The text as it is when plain ASCII, else as encoded words."""
    if _CONTROL.search(text):
        raise ValueError("a control character in a header")
    if _PLAIN.fullmatch(text) and "=?" not in text:
        return text
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in _chunks(text))


def _chunks(text: str) -> list[bytes]:
    """UTF-8 in pieces that each hold whole characters."""
    pieces = [b""]
    for character in text:
        encoded = character.encode()
        if len(pieces[-1]) + len(encoded) > _WORD_BYTES:
            pieces.append(b"")
        pieces[-1] += encoded
    return pieces


def _part(boundary: str, subtype: str, text: str) -> list[str]:
    lines = text.splitlines()
    if text.isascii() and max(map(len, lines), default=0) <= LINE_LIMIT:
        # A line that begins with a dot would end the letter: RFC 5321 4.5.2.
        encoding, lines = "7bit", ["." + line if line.startswith(".") else line for line in lines]
    else:
        encoded = base64.encodebytes("\r\n".join([*lines, ""]).encode()).decode()
        encoding, lines = "base64", encoded.splitlines()
    return [
        f"--{boundary}",
        f"Content-Type: text/{subtype}; charset=utf-8",
        f"Content-Transfer-Encoding: {encoding}",
        "",
        *lines,
    ]
