"""Queries of intake: domain objects in, domain objects out. Called by the use cases."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, BindParameter, String, bindparam, case, delete, func, or_, select

from services.intake import tables
from services.intake.domain.complaint import Complaint, Person, Read, State, Step, StepKind, Submission
from services.intake.domain.matters import COMPARED_CHARACTERS, MOST_COMPARED, Earlier, Known, known
from services.intake.domain.verdict import Correction, Verdict
from shared.contracts.event import Severity
from shared.database import Row, Transaction
from shared.tables import UtcDateTime

c, k = tables.complaints, tables.contacts
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_LOCK = select(c).where(c.c.id.in_(_IDS)).order_by(c.c.id).with_for_update()
_SEEN = select(k.c.id).where(k.c.id.in_(_IDS))
_SINCE = bindparam("since", type_=UtcDateTime)
_LOCK_CUSTOMERS = select(func.pg_advisory_xact_lock(func.unnest(bindparam("keys", type_=ARRAY(BigInteger)))))
_BY_NAME = {field: c.c[f"customer_{field}"] for field in Known._fields}
_ANY_OF = {
    field: column.in_(bindparam(f"{field}s", expanding=True, type_=String)) for field, column in _BY_NAME.items()
}
# How new a contact is among those of one name on one channel.
_PLACES = {
    field: func.row_number().over(partition_by=[column, k.c.channel], order_by=[k.c.accepted_at.desc(), k.c.id])
    for field, column in _BY_NAME.items()
}
_PLACED = (
    select(k.c.id, *(case((_ANY_OF[field], place)).label(field) for field, place in _PLACES.items()))
    .join_from(k, c)
    .where(k.c.accepted_at > _SINCE, or_(*_ANY_OF.values()))
    .subquery()
)
# Of each name the newest: "guest" may be that of thousands, who must not push out what the others told.
_EARLIER = (
    select(
        k.c.complaint_id, k.c.channel, func.substr(k.c.text, 1, COMPARED_CHARACTERS).label("text"), *_BY_NAME.values()
    )
    .join_from(_PLACED, k, _PLACED.c.id == k.c.id)
    .join(c, k.c.complaint_id == c.c.id)
    .where(or_(*(_PLACED.c[field] <= MOST_COMPARED for field in Known._fields)))
    .order_by(k.c.accepted_at.desc(), k.c.id)
)

# Merged as they came in: no other service has heard of them.
_UNHEARD = (c.c.revision == 0) & c.c.state.in_([State.MERGED.value, State.FORGOTTEN.value])
_CONTACTS_SINCE = (
    select(k.c.complaint_id, func.count().label("number"))
    .where(k.c.complaint_id.in_(_IDS), k.c.received_at > _SINCE)
    .group_by(k.c.complaint_id)
)


def add_complaints(tx: Transaction, complaints: Iterable[Complaint], now: datetime) -> None:
    """Inserts them sorted by id; one that another replica just inserted fails the batch, which then runs singly."""
    tx.insert_many(c, [_row(x) | {"accepted_at": now} for x in sorted(complaints, key=lambda x: x.id)])


def lock_complaints(tx: Transaction, ids: Iterable[str]) -> dict[str, Complaint]:
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = tx.execute(_LOCK, {"ids": wanted})
    return {r.id: _complaint(r) for r in rows}


def lock_holders(tx: Transaction, complaints: Iterable[Complaint]) -> dict[str, Complaint]:
    """Those in which these go on, to the end of their ways; locked."""
    found = {x.id: x for x in complaints}
    holders: dict[str, Complaint] = {}
    while further := lock_complaints(tx, {x.merged_into for x in found.values() if x.merged_into} - found.keys()):
        found |= further
        holders |= further
    return holders


def save_complaints(tx: Transaction, complaints: Iterable[Complaint]) -> None:
    tx.update_many(c, "id", [_row(x) for x in sorted(complaints, key=lambda x: x.id)])


def seen_contacts(tx: Transaction, arrivals: Iterable[Read | Step]) -> set[str]:
    """The ids among these that are stored already; asked after the complaints were locked."""
    ids = sorted({a.id for a in arrivals if isinstance(a, Read)})
    return set(tx.execute(_SEEN, {"ids": ids}).scalars()) if ids else set()


def add_contacts(tx: Transaction, reads: Iterable[tuple[str, Read]], now: datetime) -> None:
    """Each with the id of the complaint that it belongs to."""
    tx.insert_many(k, [_contact_row(id_, r, now) for id_, r in sorted(reads, key=lambda each: each[1].id)])


def lock_customers(tx: Transaction, customers: Iterable[Known]) -> None:
    """Nobody else takes in a new complaint of these customers until we have committed; SQLite has one writer anyway."""
    names = {
        f"{kind}:{name}" for customer in customers for kind, name in zip(Known._fields, customer, strict=True) if name
    }
    if names and tx.is_postgres:
        keys = sorted(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True) for name in names)
        tx.execute(_LOCK_CUSTOMERS, {"keys": keys})


def earlier_contacts(tx: Transaction, new: Sequence[Submission], since: datetime) -> list[Earlier]:
    """What these customers told on channels other than those of `new`, the newest first."""
    wanted = [known(x.customer) for x in new]
    values = {f"{field}s": sorted({getattr(w, field) for w in wanted} - {None}) for field in Known._fields}
    channels = {x.channel for x in new}
    rows = tx.execute(_EARLIER, values | {"since": since})
    return [
        Earlier(r.complaint_id, r.channel, r.text, Known(r.customer_ref, r.customer_email, r.customer_phone))
        for r in rows
        if channels - {r.channel}
    ]


def contacts_since(tx: Transaction, complaint_ids: Iterable[str], since: datetime) -> dict[str, int]:
    """How many contacts of each complaint were received since."""
    wanted = sorted(set(complaint_ids))
    if not wanted:
        return {}
    return {r.complaint_id: r.number for r in tx.execute(_CONTACTS_SINCE, {"ids": wanted, "since": since})}


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
    """`classified`: with a verdict; `expected`: known by a step only; `merged`: into another one as they came in.

    What others heard of is one of the `complaints` for ever, merged by hand or forgotten, as it is in their tables.
    """
    rows = tx.execute(select(c.c.state, func.count().label("number")).group_by(c.c.state))
    by_state: dict[str, int] = {row.state: row.number for row in rows}
    expected = by_state.get(State.EXPECTED, 0)
    classified = tx.connection.scalar(select(func.count()).select_from(c).where(c.c.revision > 0)) or 0
    merged = tx.connection.scalar(select(func.count()).select_from(c).where(_UNHEARD)) or 0
    contacts = tx.connection.scalar(select(func.count()).select_from(k)) or 0
    return {
        "complaints": sum(by_state.values()) - expected - merged,
        "classified": classified,
        "contacts": contacts,
        "expected": expected,
        "merged": merged,
        "forgotten": by_state.get(State.FORGOTTEN, 0),
    }


def _row(x: Complaint) -> dict[str, Any]:
    customer = known(x.customer)
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
        "customer_ref": customer.ref,
        "customer_email": customer.email,
        "customer_phone": customer.phone,
        "customer": x.customer,
        "received_at": x.received_at,
        "excerpt": x.excerpt,
        "verdict": x.verdict,
        "waiting_steps": x.waiting_steps,
        "merged_into": x.merged_into,
        "correction": x.correction,
    }


def _contact_row(complaint_id: str, read: Read, now: datetime) -> dict[str, Any]:
    x = read.submission
    return {
        "id": x.id,
        "complaint_id": complaint_id,
        "channel": x.channel,
        "subject": x.subject,
        "text": x.text,
        "received_at": x.written_at(now),
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
        verdict_of(row.verdict) if row.verdict else None,
        tuple(_step(s) for s in row.waiting_steps),
        row.merged_into,
        _correction(row.correction) if row.correction else None,
    )


def verdict_of(data: Row) -> Verdict:
    return Verdict(
        **(
            dict(data)
            | {"severity": Severity(data["severity"]), "flags": tuple(data["flags"]), "rules": tuple(data["rules"])}
        )
    )


def _correction(data: Row) -> Correction:
    times = {name: datetime.fromisoformat(data[name]) for name in ("at", "severity_at") if data[name]}
    severities = {name: Severity(data[name]) for name in ("severity", "raised_to") if data[name]}
    return Correction(**(dict(data) | times | severities))


def _step(data: Row) -> Step:
    at = datetime.fromisoformat(data["at"]) if data["at"] else None
    return Step(**(dict(data) | {"kind": StepKind(data["kind"]), "at": at}))
