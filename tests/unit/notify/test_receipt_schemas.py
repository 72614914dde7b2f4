"""The body of `POST /v1/receipts`: what it may hold, and that each fault is named by its path."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.notify.domain.receipts import Receipt, ReceiptKind
from services.notify.doors.receipt_schemas import receipt_from
from shared.errors import Rejected


@pytest.mark.parametrize(
    ("body", "receipt"),
    [
        ({"alert_id": "a-1", "kind": "delivered"}, Receipt(ReceiptKind.DELIVERED, "a-1")),
        ({"provider_id": "m-1", "kind": "bounced"}, Receipt(ReceiptKind.BOUNCED, "", "m-1")),
        (
            {"alert_id": "a", "kind": "undelivered", "detail": "5.1.1", "at": "2026-11-02T09:31:00+01:00"},
            Receipt(ReceiptKind.UNDELIVERED, "a", "", "5.1.1", datetime(2026, 11, 2, 8, 31, tzinfo=UTC)),
        ),
    ],
)
def test_body_is_a_receipt(body: dict[str, Any], receipt: Receipt):
    assert receipt_from(body) == receipt


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"kind": "read"}, "/kind"),
        ({"kind": None}, "/kind"),
        ({"alert_id": ""}, "/alert_id"),
        ({"alert_id": "a\0"}, "/alert_id"),
        ({"provider_id": "x" * 201}, "/provider_id"),
        ({"at": "2026-11-02T08:31:00"}, "/at"),
        ({"detail": "550 ann@example.org is unknown"}, "/detail"),
        ({"detail": "x" * 41}, "/detail"),
        ({"state": "sent"}, "/state"),
    ],
)
def test_fault_is_named_by_its_path(changes: dict[str, Any], pointer: str):
    with pytest.raises(Rejected) as refused:
        receipt_from({"alert_id": "a", "kind": "delivered"} | changes)
    assert [error["pointer"] for error in refused.value.errors] == [pointer]


def test_receipt_of_nothing_is_refused():
    with pytest.raises(Rejected) as refused:
        receipt_from({"kind": "delivered"})
    assert "alert_id or provider_id" in refused.value.errors[0]["detail"]
