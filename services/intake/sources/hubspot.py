"""HubSpot's app webhooks: arrays of events that name tickets, which are fetched; listed in kinds.py.

https://developers.hubspot.com/docs/guides/apps/authentication/validating-requests. What the events mean is written
in presets/hubspot.yml.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from services.intake.sources.mapped import Mapped
from services.intake.sources.signatures import digest, must_be_fresh, must_match, signed_by
from services.intake.sources.source import Account, Inbound

# What HubSpot decodes in the address before it signs; the rest stays as it is.
_DECODED = ("%3A", "%2F", "%3F", "%40", "%21", "%24", "%27", "%28", "%29", "%2A", "%2C", "%3B")


@dataclass(frozen=True)
class HubSpot(Mapped):
    kind: str = "hubspot"
    own_check: bool = True
    needs_secret: bool = True
    takes_check: bool = False

    def check(self, inbound: Inbound, account: Account, now: datetime) -> None:
        given = inbound.header("x-hubspot-signature-v3")
        if not given:
            _check_older(inbound, account)
            return
        timestamp = inbound.header("x-hubspot-request-timestamp")
        signed = f"{inbound.method}{_address(inbound.url)}".encode() + inbound.body + timestamp.encode()
        signed_by(account, given, "sha256", "base64", signed)
        must_be_fresh(timestamp, account, now)


def _check_older(inbound: Inbound, account: Account) -> None:
    """Version 1 covers secret and body, version 2 method and address as well; neither has a time."""
    version = inbound.header("x-hubspot-signature-version") or "v1"
    between = b"" if version == "v1" else f"{inbound.method}{inbound.url}".encode()
    made = (digest("sha256", "hex", s.encode() + between + inbound.body) for s in account.secrets)
    must_match(inbound.header("x-hubspot-signature"), made, any_case=True)


def _address(url: str) -> str:
    for code in _DECODED:
        for written in (code, code.lower()):
            url = url.replace(written, unquote(written))
    return url
