"""Statements for many rows at once, built once for each shape; called by Transaction.insert_many and update_many.

On PostgreSQL all rows go as one JSON document through `json_to_recordset`: one plan for any number of rows, one value
to quote here and one to parse there. As one array per column, each single value is quoted and parsed: a timeline's row
took twice the CPU time here, an outbox's half as much again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import JSON, Column, ColumnElement, Executable, String, Table, Text, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

Row = Mapping[str, Any]


@cache
def insert(
    table: Table, names: tuple[str, ...], postgres: bool, skip_existing: bool, returning: Column[Any] | None
) -> Executable:
    """INSERT of rows that have these columns; skip_existing: those whose key is there already drop out quietly."""
    statement: Any
    if postgres:
        rows = _rows_of(table, names)
        statement = postgresql.insert(table).from_select(list(names), select(*(rows.c[n] for n in names)))
    else:
        statement = sqlite.insert(table)
    if skip_existing:
        statement = statement.on_conflict_do_nothing()
    made: Executable = statement if returning is None else statement.returning(returning)
    return made


@cache
def update(table: Table, key: str, names: tuple[str, ...], postgres: bool) -> Executable:
    """UPDATE of each row by its key; `names` are the columns of the rows, the key's among them."""
    changed = [name for name in names if name != key]
    if postgres:
        rows = _rows_of(table, names)
        return table.update().where(table.c[key] == rows.c[key]).values({n: rows.c[n] for n in changed})
    values: dict[str, Any] = {n: bindparam(f"v_{n}") for n in changed}
    return table.update().where(table.c[key] == bindparam(f"v_{key}")).values(values)


def among(column: Column[str], postgres: bool) -> ColumnElement[bool]:
    """`column IN :ids` for any number of ids: as one value, since SQLite takes no more than 32,766."""
    if postgres:
        return column == func.any(bindparam("ids", type_=postgresql.ARRAY(Text())))
    return column.in_(select(func.json_each(bindparam("ids", type_=JSON)).table_valued("value").c.value))


def insert_parameters(rows: Sequence[Row], postgres: bool) -> Any:
    return {"rows": rows} if postgres else list(rows)


def update_parameters(rows: Sequence[Row], postgres: bool) -> Any:
    return {"rows": rows} if postgres else [{f"v_{n}": v for n, v in row.items()} for row in rows]


def to_json(value: Any) -> str:
    """The engine's serialiser; raises TypeError for what is no JSON, ValueError for an instant without its zone."""
    return orjson.dumps(value, default=_instant, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()


def _rows_of(table: Table, names: tuple[str, ...]) -> Any:
    """The document as a table with columns of the same names and types."""
    columns = (Column(n, _type_of(table.c[n])) for n in names)
    document = func.json_to_recordset(bindparam("rows", type_=postgresql.JSON()))
    return document.table_valued(*columns).render_derived(with_types=True)


def _type_of(column: Column[Any]) -> Any:
    # The width of a String is the table's to check: it refuses what is too long, and a cast would cut it.
    return Text() if isinstance(column.type, String) else column.type


def _instant(value: Any) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} is no JSON")
    if value.tzinfo is None:
        raise ValueError(f"naive time {value!r}: every instant carries its zone")
    return value.isoformat()
