"""Which agent knows which customer; asked by choosing.py for complaints that nobody has had yet."""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, JSON, ColumnElement, Select, Text, bindparam, cast, exists, false, func, select
from sqlalchemy.dialects.postgresql import JSONB

from services.routing import tables
from shared.database import Transaction

a = tables.assignments


def agents_of_customers(tx: Transaction, customers: Collection[str]) -> dict[str, str]:
    """Who had each customer's complaint last, but for those who lost it."""
    if not customers:
        return {}
    rows = tx.execute(_last_query(tx.is_postgres), {"ids": sorted(customers)})
    return {row.customer: row.agent_id for row in rows if row.agent_id}


@cache
def _last_query(is_postgres: bool) -> Select[Any]:
    """In the order of an index: of very many that share a reference SQLite reads the newest; PostgreSQL as it plans."""
    ids: Any = bindparam("ids", type_=ARRAY(Text()) if is_postgres else JSON())
    asked = (func.unnest(ids) if is_postgres else func.json_each(ids)).table_valued("value", name="asked")
    asked = asked.render_derived() if is_postgres else asked
    last = (
        select(a.c.agent_id)
        .where(a.c.customer == asked.c.value, a.c.agent_id.is_not(None), ~_has_lost_it(is_postgres))
        .order_by(a.c.assigned_at.desc(), a.c.agent_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(asked.c.value.label("customer"), last.label("agent_id"))


def _has_lost_it(is_postgres: bool) -> ColumnElement[bool]:
    """Who stands as the agent of a complaint that waits may be the one who declined it."""
    if is_postgres:
        return func.coalesce(cast(a.c.tried, JSONB).has_key(a.c.agent_id), false())
    tried = func.json_each(a.c.tried).table_valued("value", name="tried")
    return exists(select(tried.c.value).where(tried.c.value == a.c.agent_id))
