"""Statements for many rows at once, built once for each shape; called by Transaction.insert_many and update_many.

On PostgreSQL the rows go as one array per column through `unnest`: the fastest way that was measured, with one plan for
any number of rows.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import ARRAY, JSON, Column, Executable, String, Table, Text, bindparam, cast, func, select
from sqlalchemy.dialects import postgresql, sqlite

Row = Mapping[str, Any]


@cache
def insert(
    table: Table, names: tuple[str, ...], postgres: bool, skip_existing: bool, returning: Column[Any] | None
) -> Executable:
    """INSERT of rows that have these columns; skip_existing: those whose key is there already drop out quietly."""
    statement: Any
    if postgres:
        statement = postgresql.insert(table).from_select(list(names), _unnest(table, names))
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
        source = _unnest(table, names).subquery("v")
        return table.update().where(table.c[key] == source.c[key]).values({n: source.c[n] for n in changed})
    values: dict[str, Any] = {n: bindparam(f"v_{n}") for n in changed}
    return table.update().where(table.c[key] == bindparam(f"v_{key}")).values(values)


def insert_parameters(table: Table, rows: Sequence[Row], postgres: bool) -> Any:
    return _arrays(table, rows) if postgres else list(rows)


def update_parameters(table: Table, rows: Sequence[Row], postgres: bool) -> Any:
    return _arrays(table, rows) if postgres else [{f"v_{n}": value for n, value in row.items()} for row in rows]


def to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _unnest(table: Table, names: tuple[str, ...]) -> Any:
    arrays = [bindparam(f"a_{n}", type_=_array_type(table.c[n])) for n in names]
    columns = func.unnest(*arrays).table_valued(*(Column(n) for n in names)).render_derived()
    return select(*(_typed(table.c[n], columns.c[n]) for n in names))


def _array_type(column: Column[Any]) -> ARRAY[Any]:
    # Text, not String(n): ARRAY(String(36)) renders VARCHAR(36)[], which cuts longer values without a word.
    as_text = isinstance(column.type, String | JSON)
    return ARRAY(Text() if as_text else column.type)


def _typed(column: Column[Any], value: Any) -> Any:
    return cast(value, postgresql.JSON).label(column.name) if isinstance(column.type, JSON) else value


def _arrays(table: Table, rows: Sequence[Row]) -> Row:
    return {f"a_{n}": _values(table.c[n], [row[n] for row in rows]) for n in rows[0]}


def _values(column: Column[Any], values: list[Any]) -> list[Any]:
    if not isinstance(column.type, JSON):
        return values
    return [None if value is None else to_json(value) for value in values]
