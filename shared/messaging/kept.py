"""A message as a row of text keeps it, and back, byte for byte. Called by failures.py and the quarantine."""

import base64
from typing import Any

from shared.messaging.envelope import Message, plain_text

ENCODED = "x-ombud-encoded"  # the header beside a body that is no text: base64


def columns_of(message: Message) -> dict[str, Any]:
    """`headers`, `content_type` and `body` of a row; a body that text would change is kept in base64."""
    headers, body = message.headers, plain_text(message.body)
    if body.encode() != message.body:
        headers, body = headers | {ENCODED: "base64"}, base64.b64encode(message.body).decode()
    return {"headers": headers, "content_type": message.content_type, "body": body}


def message_of(row: Any) -> Message:
    """The message of a retry row or a dead letter, as it came."""
    headers, body = dict(row.headers), row.body.encode()
    if headers.pop(ENCODED, None):
        body = base64.b64decode(body)
    return Message(row.type, headers, body, row.content_type)
