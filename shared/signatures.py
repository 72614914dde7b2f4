"""Signatures that providers put on what they post to us, over raw bytes and in constant time. Called by the doors.

Twilio: https://www.twilio.com/docs/usage/security: the address as Twilio calls it and the form in order of its names.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

SLACK_WINDOW = timedelta(minutes=5)
_PORT = re.compile(r":[0-9]*\Z")
_USUAL_PORTS = {"https": ":443", "http": ":80"}


def signed_by_slack(secret: str, timestamp: str, given: str, body: bytes, now: datetime) -> bool:
    """Whether Slack signed this body, not long ago: https://docs.slack.dev/authentication/verifying-requests-from-slack.

    timestamp, given: the headers X-Slack-Request-Timestamp and X-Slack-Signature.
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    made = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    is_theirs = hmac.compare_digest(f"v0={made}".encode(), given.encode("utf-8", "replace"))
    return is_theirs and abs(now.timestamp() - int(timestamp)) <= SLACK_WINDOW.total_seconds()


def is_from_twilio(given: str, url: str, fields: Iterable[tuple[bytes, bytes]], tokens: Iterable[str]) -> bool:
    """Whether one of the tokens made the signature that is given; the time does not tell how much of it is right.

    fields: of the body, decoded; a name may stand there more than once.
    """
    form = _in_order(fields)
    wanted, found = given.encode("utf-8", "replace"), False
    for token in tokens:
        for address in _as_twilio_may_write(url):
            mac = hmac.new(token.encode(), address.encode("utf-8", "replace") + form, "sha1").digest()
            found |= hmac.compare_digest(wanted, base64.b64encode(mac))
    return found


def _in_order(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Each name before each of its values, every pair once, as Twilio's own libraries do it."""
    return b"".join(name + value for name, value in sorted(set(fields)))


def _as_twilio_may_write(url: str) -> list[str]:
    """As it is, without its port, with the usual one: Twilio is not of one mind about that."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return [url]
    bare = _PORT.sub("", parts.netloc)
    hosts = {bare, parts.netloc if bare != parts.netloc else bare + _USUAL_PORTS.get(parts.scheme, "")}
    return sorted({url, *(url.replace(parts.netloc, host, 1) for host in hosts if host)})
