"""What mail servers report of our mails: delivery status reports (RFC 3464) and bounces in words of their own.

Called by service.py. Anybody may write to the address that our mails come from, so whatever is no report is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.message import Message
from email.utils import parseaddr
from itertools import islice

from services.notify import metrics
from services.notify.domain.receipts import ReceiptKind
from shared.errors import Rejected

MAX_REPORT_BYTES = 1024 * 1024
MOST_NAMES = 20
STATUS = "message/delivery-status"
RETURNED = ("message/rfc822", "text/rfc822-headers")
# A report has 3 or 4, and what it gives back of a long digest a few thousand lines. The parser compares every line with
# each boundary that is open, and nothing else in this process runs meanwhile.
MOST_BOUNDARIES, MOST_LINES = 20, 20_000
# Of one Content-Type, whose cost grows with the square of it: one of a megabyte takes the parser a quarter of an hour.
MOST_PARAMETERS = 100
LONGEST_HEADER = 1000
# Of the actions that a report may name. A relayed or expanded mail may bounce yet; only this one is where it should be.
_KINDS = {"failed": ReceiptKind.BOUNCED, "delivered": ReceiptKind.DELIVERED}
_BY_CLASS = {"5": "failed", "4": "delayed", "2": "delivered"}
_ROBOTS = ("mailer-daemon", "postmaster")
_MESSAGE_ID = re.compile(r"<([^<>@\s]{1,200})@[^<>\s]*>")
_BOUNDARY = re.compile(r"=_([0-9A-Za-z-]{1,200})\Z")  # mime.py's: stays when a relay changes the Message-ID
_DECLARED = re.compile(rb"(?i)boundary\s*(?:\*\d*\*?)?\s*=")
_TYPES = re.compile(rb"(?im)^content-type[^\n]*(?:\n[ \t][^\n]*)*")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_REFUSED_FOR_GOOD = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b|(?m:^|[\s:(])5[0-7]\d[ -]")
_NOT_YET = re.compile(r"\b(delayed|warning|not yet|will be retried|still trying)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Report:
    """names: what the mails it may be about are called, the likeliest first. kind: None = nothing is settled yet."""

    names: tuple[str, ...]
    kind: ReceiptKind | None
    code: str = ""


def read(raw: bytes) -> Report:
    """The report in a mail; raises Rejected, and counts, when it is none or names no mail."""
    try:
        _refuse_the_endless(raw)
        return _read(message_from_bytes(raw))
    except Rejected:
        metrics.UNREADABLE_REPORTS.inc()
        raise
    except RecursionError:  # the parser's: parts within parts without end
        metrics.UNREADABLE_REPORTS.inc()
        raise Rejected("no report: its parts are nested too deeply") from None


def _refuse_the_endless(raw: bytes) -> None:
    """For the parser, a line ends where either of its two signs stands."""
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if len(_DECLARED.findall(raw)) > MOST_BOUNDARIES or lines.count(b"\n") > MOST_LINES:
        raise Rejected("no report: it has too many parts within parts, or too many lines")
    if any(found[0].count(b";") > MOST_PARAMETERS for found in _TYPES.finditer(lines)):
        raise Rejected("no report: a Content-Type has too many parameters")


def _read(mail: Message) -> Report:
    parts = list(_own_parts(mail))
    recipients = [fields for part in parts for fields in _recipients(part)]
    names = tuple(islice(dict.fromkeys(_names(mail, parts)), MOST_NAMES))
    report = _by_status(names, recipients) if recipients else _in_words(names, mail, parts)
    if not names:
        raise Rejected("the report names no mail: neither its headers are returned nor its Message-ID")
    return report


def _own_parts(mail: Message) -> Iterator[Message]:
    """Without those of the mail that is given back."""
    waiting = [mail]
    while waiting:
        part = waiting.pop()
        yield part
        if part is mail or part.get_content_type() not in (STATUS, *RETURNED):
            waiting += reversed(_inside(part))


def _inside(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _by_status(names: tuple[str, ...], recipients: list[Message]) -> Report:
    """Of several recipients, whom an alias stands for, one whom it did not reach is what counts."""
    actions = {_action(fields): _code(fields) for fields in reversed(recipients)}
    action = next((a for a in ("failed", "delayed", "relayed", "expanded", "delivered") if a in actions), None)
    if action is None:
        raise Rejected("the report says of no recipient what became of the mail: there is no known Action or Status")
    return Report(names, _KINDS.get(action), actions[action])


def _in_words(names: tuple[str, ...], mail: Message, parts: list[Message]) -> Report:
    """A bounce of a server that knows no reports: from a robot, and it gave up."""
    local, _, _ = parseaddr(str(mail.get("From", ""))[:LONGEST_HEADER])[1].rpartition("@")
    has_failed = mail.get("X-Failed-Recipients") is not None
    if not has_failed and local.casefold() not in _ROBOTS:
        raise Rejected("no report: neither a multipart/report with a delivery status, nor from a mail server")
    text = f"{mail.get('Subject', '')}\n" + "\n".join(_text(part) for part in parts if _is_words(part))
    refused = _REFUSED_FOR_GOOD.search(text)
    if _NOT_YET.search(str(mail.get("Subject", ""))) or not (has_failed or refused):
        return Report(names, None)
    code = _STATUS.search(text)
    return Report(names, ReceiptKind.BOUNCED, code[1] if code and code[1].startswith("5") else "")


def _recipients(part: Message) -> Iterator[Message]:
    """The groups of fields that are about one recipient each."""
    if part.get_content_type() == STATUS:
        yield from (group for group in _inside(part) if group.get("Action") or group.get("Final-Recipient"))


def _action(fields: Message) -> str:
    said = str(fields.get("Action", "")).partition("(")[0].strip().casefold()
    return said or _BY_CLASS.get(_code(fields)[:1], "")


def _code(fields: Message) -> str:
    found = _STATUS.search(str(fields.get("Status", "")))
    return found[1] if found else ""


def _names(mail: Message, parts: list[Message]) -> Iterator[str]:
    for returned in _returned(parts):
        yield from _ids(returned, "Message-ID")
        boundary = _BOUNDARY.search(str(returned.get_boundary() or ""))
        yield from [boundary[1]] if boundary else []
    yield from _ids(mail, "In-Reply-To", "Original-Message-ID", "References")


def _ids(mail: Message, *headers: str) -> Iterator[str]:
    for header in headers:
        yield from (found[1] for value in mail.get_all(header, []) for found in _MESSAGE_ID.finditer(str(value)))


def _returned(parts: list[Message]) -> Iterator[Message]:
    """What the report gives back of the mails that it is about: their headers at least."""
    for part in parts[1:]:
        if part.get_content_type() in RETURNED:
            yield from _inside(part) or [_headers(_text(part).lstrip())]


def _headers(text: str) -> Message:
    _refuse_the_endless(text.encode())  # which was encoded, and so is new
    return message_from_string(text)


def _is_words(part: Message) -> bool:
    return part.get_content_type() == "text/plain"


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
