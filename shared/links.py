"""The signed link in an alert: notify mints it, escalation checks it. Its holder may answer for the named person."""

import base64
import uuid
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadData, BadSignature, TimestampSigner, URLSafeTimedSerializer

from shared import clock

SALT = "ombud.alert-link"
SHORT_SALT = "ombud.short-alert-link"
_IDS = 3  # at the front of a short claim, 16 bytes each; then one byte with the level, then the person
_SHORTEST = 16 * _IDS + 1
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
    """The token of a claim, signed with the first key.

    Short where all ids are UUIDs, as those of alerts are: a text message is paid by its length.
    """
    packed = _packed(claim)
    if packed is None:
        token: str = _serializer(keys).dumps(astuple(claim))
        return token
    return _signer(keys).sign(base64.urlsafe_b64encode(packed).rstrip(b"=")).decode()


def check(keys: Sequence[str], token: str, max_age: timedelta) -> Claim:
    """The claim in a token that any of the keys signed; raises BadLink."""
    keys = required_keys(keys)
    try:
        claim, signed_at = _read(keys, token)
    except (BadData, TypeError, ValueError) as error:
        raise BadLink(INVALID) from error
    # Not by itsdangerous: it calls a link expired whose signer's clock runs a second ahead of ours.
    if clock.now() - signed_at > max_age:
        raise BadLink(EXPIRED)
    return claim


def _read(keys: Sequence[str], token: str) -> tuple[Claim, datetime]:
    try:
        encoded, signed_at = _signer(keys).unsign(token, return_timestamp=True)
    except BadSignature:
        fields, signed_at = _serializer(keys).loads(token, return_timestamp=True)
        return _claim(fields), signed_at
    return _unpacked(base64.urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4))), signed_at


def url_of(public_url: str, token: str) -> str:
    """The address that stands in the alert; public_url without a slash at its end."""
    return f"{public_url}/a/{token}"


def required_keys(keys: Sequence[str]) -> tuple[str, ...]:
    """The keys, or a ValueError that says what to set; called at start by whoever mints or checks."""
    if not any(key.strip() for key in keys):
        raise ValueError("OMBUD_LINK_KEYS is empty: set it to random keys, comma separated; the first one signs")
    if not all(key.strip() for key in keys):
        raise ValueError("OMBUD_LINK_KEYS holds an empty key: remove the comma too many")
    return tuple(keys)


class _Signer(TimestampSigner):
    """Takes its time from our clock, which tests can shift."""

    def get_timestamp(self) -> int:
        return int(clock.now().timestamp())


def _serializer(keys: Sequence[str]) -> URLSafeTimedSerializer:
    # itsdangerous signs with the last key of its list.
    return URLSafeTimedSerializer(list(reversed(required_keys(keys))), salt=SALT, signer=_Signer)


def _signer(keys: Sequence[str]) -> TimestampSigner:
    return _Signer(list(reversed(required_keys(keys))), salt=SHORT_SALT)


def _packed(claim: Claim) -> bytes | None:
    """The claim in as few bytes as there are; None where it does not fit that form."""
    ids = [_uuid(text) for text in (claim.alert_id, claim.case_id, claim.escalation_id)]
    if None in ids or not 0 <= claim.level <= 255:
        return None
    return b"".join([*(id_.bytes for id_ in ids if id_), bytes([claim.level]), claim.person.encode()])


def _uuid(text: str) -> uuid.UUID | None:
    """None for what would not read back as it is written."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None


def _unpacked(packed: bytes) -> Claim:
    if len(packed) < _SHORTEST:
        raise ValueError("too short")
    alert_id, case_id, escalation_id = (str(uuid.UUID(bytes=packed[16 * n : 16 * n + 16])) for n in range(_IDS))
    return Claim(alert_id, case_id, escalation_id, packed[16 * _IDS], packed[_SHORTEST:].decode())


def _claim(fields: Any) -> Claim:
    alert_id, case_id, escalation_id, level, person = fields
    return Claim(str(alert_id), str(case_id), str(escalation_id), int(level), str(person))
