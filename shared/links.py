"""The signed link in an alert: notify mints it, escalation checks it. Its holder may answer for the named person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from shared import clock

SALT = "ombud.alert-link"
EXPIRED, INVALID = "expired", "invalid"


class BadLink(ValueError):
    """The link cannot be used; `reason` is EXPIRED or INVALID."""

    def __init__(self, reason: str):
        super().__init__(f"the link is {reason}")
        self.reason = reason


@dataclass(frozen=True)
class Claim:
    """What a link says: this person was alerted of this case at this level."""

    alert_id: str
    case_id: str
    escalation_id: str
    level: int
    person: str


def mint(keys: Sequence[str], claim: Claim) -> str:
    """The token of a claim, signed with the first key."""
    token: str = _serializer(keys).dumps(_fields(claim))
    return token


def check(keys: Sequence[str], token: str, max_age: timedelta) -> Claim:
    """The claim in a token that any of the keys signed; raises BadLink."""
    serializer = _serializer(keys)
    try:
        fields, signed_at = serializer.loads(token, return_timestamp=True)
        claim = _claim(fields)
    except (BadData, TypeError, ValueError) as error:
        raise BadLink(INVALID) from error
    # Not by itsdangerous: it calls a link expired whose signer's clock runs a second ahead of ours.
    if clock.now() - signed_at > max_age:
        raise BadLink(EXPIRED)
    return claim


def url_of(public_url: str, token: str) -> str:
    """The address that stands in the alert; public_url without a slash at its end."""
    return f"{public_url}/a/{token}"


def required_keys(keys: Sequence[str]) -> tuple[str, ...]:
    """The keys, or a ValueError that says what to set; called at start by whoever mints or checks."""
    if not any(keys):
        raise ValueError("OMBUD_LINK_KEYS is empty: set it to random keys, comma separated; the first one signs")
    if not all(keys):
        raise ValueError("OMBUD_LINK_KEYS holds an empty key: remove the comma too many")
    return tuple(keys)


class _Signer(TimestampSigner):
    """Takes its time from our clock, which tests can shift."""

    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())


def _serializer(keys: Sequence[str]) -> URLSafeTimedSerializer:
    # itsdangerous signs with the last key of its list.
    return URLSafeTimedSerializer(list(reversed(required_keys(keys))), salt=SALT, signer=_Signer)


def _fields(claim: Claim) -> tuple[str, str, str, int, str]:
    return claim.alert_id, claim.case_id, claim.escalation_id, claim.level, claim.person


def _claim(fields: Any) -> Claim:
    alert_id, case_id, escalation_id, level, person = fields
    return Claim(str(alert_id), str(case_id), str(escalation_id), int(level), str(person))
