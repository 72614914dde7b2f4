"""What routing knows of a complaint and its customer, kept while it is open; rules of the policy read nothing else."""

import hashlib
from dataclasses import dataclass
from typing import Any

from shared.codes import language_code, region_code
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintFacts


@dataclass(frozen=True)
class Facts:
    """language: what the text was recognised as; customer_language: what upstream says. customer: a hash of source and
    reference, to know a customer again without keeping who they are; None when there is no reference."""

    category: str
    severity: Severity
    channel: str | None = None
    flags: tuple[str, ...] = ()
    tier: str | None = None
    region: str | None = None
    language: str | None = None
    customer_language: str | None = None
    product: str | None = None
    campaign: str | None = None
    contact_count: int = 1
    timezone: str | None = None
    customer: str | None = None

    def as_data(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value is not None and value != ()}


def facts_of(event: ComplaintFacts) -> Facts:
    customer = event.customer
    return Facts(
        category=event.category,
        severity=event.severity,
        channel=event.channel,
        flags=event.flags,
        tier=customer.tier,
        region=region_code(customer.region),
        language=language_code(event.language),
        customer_language=language_code(customer.language),
        product=event.product,
        campaign=event.campaign,
        contact_count=event.contact_count,
        timezone=customer.timezone,
        customer=_known_again(event.source, customer.ref) if customer.ref else None,
    )


def _known_again(source: str, ref: str) -> str:
    return hashlib.sha256(f"{source}\0{ref}".encode()).hexdigest()[:32]


def facts_from(data: dict[str, Any]) -> Facts:
    """What `as_data` wrote."""
    return Facts(**{**data, "severity": Severity(data["severity"]), "flags": tuple(data.get("flags", ()))})
