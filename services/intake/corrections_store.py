"""Queries about what persons put right. For correcting.py, forgetting.py and the door that shows a complaint."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from services.intake import tables
from services.intake.domain.verdict import Correction
from shared.contracts.event import Severity, to_text
from shared.database import Transaction

k, t = tables.contacts, tables.corrections
LONGEST_BY = 200


def add(tx: Transaction, complaint_id: str, case_revision: int, said: Correction, revision: int) -> bool:
    """revision: of the complaint, with it. False if it is stored already."""
    row = {
        "complaint_id": complaint_id,
        "case_revision": case_revision,
        "by": said.by[:LONGEST_BY],
        "at": said.at,
        "severity": said.severity and said.severity.value,
        "category": said.category,
        "language": said.language,
        "region": said.region,
        "revision": revision,
    }
    return bool(tx.insert_many(t, [row], skip_existing=True, returning=t.c.case_revision))


def said_of(tx: Transaction, complaint_id: str) -> list[Correction]:
    """All that was said of the complaint, in the order in which it was said."""
    return [_correction(row) for row in tx.execute(_of(complaint_id))]


def documents_of(tx: Transaction, complaint_id: str) -> list[dict[str, Any]]:
    """The same, as the API shows it."""
    return [
        {str(name): value for name, value in r._mapping.items() if name != "complaint_id"} | {"at": to_text(r.at)}
        for r in tx.execute(_of(complaint_id))
    ]


def severities_since(tx: Transaction, complaint_id: str, since: datetime) -> list[Severity]:
    """How severe the contacts read that were taken in after that."""
    query = select(k.c.verdict).where(k.c.complaint_id == complaint_id, k.c.accepted_at > since)
    return [Severity(verdict["severity"]) for verdict in tx.execute(query).scalars()]


def erase(tx: Transaction, complaint_ids: Collection[str]) -> None:
    tx.execute(delete(t).where(t.c.complaint_id.in_(sorted(complaint_ids))))


def _of(complaint_id: str) -> Any:
    return select(t).where(t.c.complaint_id == complaint_id).order_by(t.c.case_revision)


def _correction(row: Any) -> Correction:
    severity = Severity(row.severity) if row.severity else None
    at = row.at if severity else None
    return Correction(row.by, row.at, severity, row.category, row.language, row.region, severity_at=at)
