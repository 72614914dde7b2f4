"""Builders of events for tests: sensible defaults, the rule under test spelled out by the caller."""

import uuid
from datetime import UTC, datetime
from typing import Any

from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintClassified, Customer

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def a_classified(external_id: str = "1", **changes: Any) -> ComplaintClassified:
    defaults: dict[str, Any] = {
        "complaint_id": str(uuid.uuid5(uuid.NAMESPACE_OID, external_id)),
        "revision": 1,
        "source": "web",
        "external_id": external_id,
        "channel": "email",
        "customer": Customer("C-1", "standard", "CZ", "cs", "Europe/Prague"),
        "received_at": NOON,
        "language": "cs",
        "category": "billing",
        "severity": Severity.MEDIUM,
        "anger": 0.2,
        "asks_supervisor": False,
        "contact_count": 1,
        "excerpt": "…",
        "rules": (),
        "rules_version": "v1",
    }
    return ComplaintClassified(**(defaults | changes))
