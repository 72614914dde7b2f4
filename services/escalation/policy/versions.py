"""Queries on the policies that cases started with, by version. Called by policybook.py."""

from sqlalchemy import select

from services.escalation import tables
from shared.database import Transaction

p = tables.policies


def is_kept(tx: Transaction, version: str) -> bool:
    return tx.connection.scalar(select(p.c.version).where(p.c.version == version)) is not None


def keep(tx: Transaction, version: str, document: str) -> None:
    tx.insert_many(p, [{"version": version, "document": document, "loaded_at": tx.now}], skip_existing=True)


def document_of(tx: Transaction, version: str) -> str | None:
    return tx.connection.scalar(select(p.c.document).where(p.c.version == version))
