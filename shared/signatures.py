"""Signatures that providers put on what they post to us, over raw bytes and in constant time. Called by the doors."""

import hashlib
import hmac
from datetime import datetime, timedelta

SLACK_WINDOW = timedelta(minutes=5)


def signed_by_slack(secret: str, timestamp: str, given: str, body: bytes, now: datetime) -> bool:
    """Whether Slack signed this body, not long ago: https://docs.slack.dev/authentication/verifying-requests-from-slack.

    timestamp, given: the headers X-Slack-Request-Timestamp and X-Slack-Signature.
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    made = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    is_theirs = hmac.compare_digest(f"v0={made}".encode(), given.encode("utf-8", "replace"))
    return is_theirs and abs(now.timestamp() - int(timestamp)) <= SLACK_WINDOW.total_seconds()
