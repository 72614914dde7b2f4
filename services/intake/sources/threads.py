"""Which mails belong together, by RFC 5322's Message-ID, In-Reply-To and References; called by mails.py."""

import re

_ID = re.compile(r"<([^<>\s]{1,990})>")
MAX_HEADER = 20_000


def ids_of(header: str) -> list[str]:
    """The message ids in a header, in their order, without the angle brackets."""
    return _ID.findall(header[:MAX_HEADER])


def thread_of(message_id: str, in_reply_to: str, references: str) -> str:
    """The id of the mail that began the thread: the first reference, else the one replied to, else the mail itself."""
    found = [*ids_of(references), *ids_of(in_reply_to), *ids_of(message_id)]
    return found[0] if found else ""


def is_reply(in_reply_to: str, references: str) -> bool:
    return bool(ids_of(in_reply_to) or ids_of(references))
