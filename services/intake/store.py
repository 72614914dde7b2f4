"""Queries of intake: domain objects in, domain objects out. Called by the use cases."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, func, select

from services.intake import tables
from services.intake.domain import Complaint, Person, Read, State, Step, StepKind, Verdict
from shared.contracts.event import Severity
from shared.database import Row, Transaction

c, k = tables.complaints, tables.contacts
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_LOCK = select(c).where(c.c.id.in_(_IDS)).order_by(c.c.id).with_for_update()
_SEEN = select(k.c.id).where(k.c.id.in_(_IDS))


def add_complaints(tx: Transaction, complaints: Iterable[Complaint], now: datetime) -> None:
    """Inserts them sorted by id; one that another replica just inserted fails the batch, which then runs singly."""
    tx.insert_many(c, [_row(x) | {"accepted_at": now} for x in sorted(complaints, key=lambda x: x.id)])


def lock_complaints(tx: Transaction, ids: Iterable[str]) -> dict[str, Complaint]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = tx.execute(_LOCK, {"ids": wanted})
    return {r.id: _complaint(r) for r in rows}


def save_complaints(tx: Transaction, complaints: Iterable[Complaint]) -> None:
    tx.update_many(c, "id", [_row(x) for x in sorted(complaints, key=lambda x: x.id)])


def seen_contacts(tx: Transaction, arrivals: Iterable[Read | Step]) -> set[str]:
    """The ids among these that are stored already; asked after the complaints were locked."""
    ids = sorted({a.id for a in arrivals if isinstance(a, Read)})
    return set(tx.execute(_SEEN, {"ids": ids}).scalars()) if ids else set()


def add_contacts(tx: Transaction, reads: Iterable[Read], now: datetime) -> None:
    tx.insert_many(k, [_contact_row(r, now) for r in sorted(reads, key=lambda r: r.id)])


def find_complaint(tx: Transaction, complaint_id: str) -> Complaint | None:
    row = tx.execute(select(c).where(c.c.id == complaint_id)).one_or_none()
    return _complaint(row) if row else None


def contacts_of(tx: Transaction, complaint_id: str) -> list[dict[str, Any]]:
    """All contacts with text and evidence, oldest first; for those who may read them."""
    rows = tx.execute(select(k).where(k.c.complaint_id == complaint_id).order_by(k.c.accepted_at, k.c.id))
    return [{str(name): value for name, value in r._mapping.items()} for r in rows]


def remember_key(tx: Transaction, caller: str, key: str, body_hash: str, complaint_id: str) -> tuple[str, str]:
    """Keeps an Idempotency-Key; gives the body hash and complaint id of its first use."""
    t = tables.idempotency_keys
    row = {"caller": caller, "key": key, "body_hash": body_hash, "complaint_id": complaint_id, "used_at": tx.now}
    tx.insert_many(t, [row], skip_existing=True)
    first = tx.execute(select(t.c.body_hash, t.c.complaint_id).where(t.c.caller == caller, t.c.key == key)).one()
    return first.body_hash, first.complaint_id


def forget_keys(tx: Transaction, before: datetime) -> int:
    t = tables.idempotency_keys
    return tx.execute(delete(t).where(t.c.used_at < before)).rowcount


def counts(tx: Transaction) -> dict[str, int]:
    """`complaints` were taken in, `classified` of them have a verdict, `expected` are known by a step only."""
    rows = tx.execute(select(c.c.state, func.count().label("number")).group_by(c.c.state))
    by_state: dict[str, int] = {row.state: row.number for row in rows}
    expected = by_state.get(State.EXPECTED, 0)
    accepted = sum(by_state.values()) - expected
    classified = tx.connection.scalar(select(func.count()).select_from(c).where(c.c.revision > 0)) or 0
    contacts = tx.connection.scalar(select(func.count()).select_from(k)) or 0
    return {"complaints": accepted, "classified": classified, "contacts": contacts, "expected": expected}


def _row(x: Complaint) -> dict[str, Any]:
    return {
        "id": x.id,
        "source": x.source,
        "external_id": x.external_id,
        "state": x.state.value,
        "revision": x.revision,
        "contact_count": x.contact_count,
        "channel": x.channel,
        "product": x.product,
        "tags": list(x.tags),
        "customer_ref": x.customer.ref,
        "customer": x.customer,
        "received_at": x.received_at,
        "excerpt": x.excerpt,
        "verdict": x.verdict,
        "waiting_steps": x.waiting_steps,
    }


def _contact_row(read: Read, now: datetime) -> dict[str, Any]:
    x = read.submission
    return {
        "id": x.id,
        "complaint_id": x.complaint_id,
        "channel": x.channel,
        "subject": x.subject,
        "text": x.text,
        "received_at": x.received_at or now,
        "accepted_at": now,
        "verdict": read.verdict,
        "evidence": read.evidence,
    }


def _complaint(row: Any) -> Complaint:
    return Complaint(
        row.id,
        row.source,
        row.external_id,
        State(row.state),
        row.revision,
        row.contact_count,
        row.channel,
        row.product,
        tuple(row.tags),
        Person(**row.customer),
        row.received_at,
        row.excerpt,
        _verdict(row.verdict) if row.verdict else None,
        tuple(_step(s) for s in row.waiting_steps),
    )


def _verdict(data: Row) -> Verdict:
    return Verdict(
        **(
            dict(data)
            | {"severity": Severity(data["severity"]), "flags": tuple(data["flags"]), "rules": tuple(data["rules"])}
        )
    )


def _step(data: Row) -> Step:
    at = datetime.fromisoformat(data["at"]) if data["at"] else None
    return Step(**(dict(data) | {"kind": StepKind(data["kind"]), "at": at}))
