"""Signatures over raw bytes, compared in constant time; called by the kinds and by checks.py."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from services.intake.sources.source import Account, Forged
from services.intake.sources.times import instant

ALGORITHMS = ("sha1", "sha256", "sha512")
ENCODINGS = ("hex", "base64")


def mac(algorithm: str, encoding: str, key: bytes, signed: bytes) -> str:
    """The HMAC as text."""
    return encoded(hmac.new(key, signed, algorithm).digest(), encoding)


def digest(algorithm: str, encoding: str, signed: bytes) -> str:
    """A plain hash as text, for systems that hash the secret together with the body."""
    return encoded(hashlib.new(algorithm, signed).digest(), encoding)


def encoded(raw: bytes, encoding: str) -> str:
    return raw.hex() if encoding == "hex" else base64.b64encode(raw).decode()


def must_match(given: str, expected: Iterable[str], *, any_case: bool = False) -> None:
    """Raises Forged unless the given text is one of the expected; the time does not tell how much of it is right."""
    wanted = (given.lower() if any_case else given).encode("utf-8", "replace")
    found = False
    for each in expected:
        found |= hmac.compare_digest(wanted, each.encode())
    if not given or not found:
        raise Forged("the signature is missing or wrong")


def must_be_fresh(value: object, account: Account, now: datetime) -> None:
    """Raises Forged when the signed time is missing or further from now than the account's replay window."""
    at = instant(value)
    if at is None or abs(now - at) > account.replay_window:
        raise Forged("the signed time is missing or too far from now")


def signed_by(account: Account, given: str, algorithm: str, encoding: str, signed: bytes) -> None:
    """Raises Forged unless one of the account's secrets made this HMAC."""
    made = (mac(algorithm, encoding, secret.encode(), signed) for secret in account.secrets)
    must_match(given, made, any_case=encoding == "hex")
