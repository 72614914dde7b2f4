"""The transaction that use cases work in, as `tx`: its time, its statements, and what leaves when it commits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, CursorResult, Executable, Table, func, literal, select

from shared import bulk, clock
from shared.bulk import Row
from shared.tables import UtcDateTime

_NOW = select(func.clock_timestamp())


@dataclass(eq=False)
class Transaction:
    """One transaction of one service: what use cases get. Events and wake-ups leave only if it commits."""

    connection: Connection
    traces: dict[str, str] = field(default_factory=dict)
    announced: list[tuple[Any, bool]] = field(default_factory=list)
    wakes: set[str] = field(default_factory=set)
    afterwards: list[Callable[[], None]] = field(default_factory=list, repr=False)

    @cached_property
    def now(self) -> datetime:
        """The time of this transaction, read when first asked for: after the locks, so never older than their wait."""
        if self.is_postgres:
            instant: datetime = self.connection.scalar(_NOW)  # type: ignore[assignment]
            return instant.astimezone(UTC) + clock.shift()
        return clock.now()

    @property
    def is_postgres(self) -> bool:
        return self.connection.dialect.name == "postgresql"

    @property
    def sql_now(self) -> ColumnElement[datetime]:
        """`now` for use inside a statement, without a round trip of its own."""
        if self.is_postgres:
            return func.clock_timestamp() + literal(clock.shift())
        return literal(clock.now(), UtcDateTime)

    def execute(self, statement: Executable, rows: Sequence[Row] | Row | None = None) -> CursorResult[Any]:
        return self.connection.execute(statement, rows) if rows is not None else self.connection.execute(statement)

    def announce(self, event_: Any, *, again: bool = False) -> None:
        """Publishes the event when, and only when, this transaction commits; `again`: a repair, with a new event id."""
        self.announced.append((event_, again))

    def wake(self, name: str) -> None:
        """Lets the tick of that name (`shared.ticker`) run at once after the commit instead of at its next turn."""
        self.wakes.add(name)

    def once_committed(self, count: Callable[[], None]) -> None:
        """Calls it if this transaction commits: what is counted must not count again when a batch is repeated."""
        self.afterwards.append(count)

    def insert_many(
        self, table: Table, rows: Sequence[Row], *, skip_existing: bool = False, returning: Column[Any] | None = None
    ) -> list[Any]:
        """Inserts the rows in one statement, sorted by key (no deadlocks); gives `returning` of those that were new."""
        if not rows:
            return []
        statement = bulk.insert(table, tuple(rows[0]), self.is_postgres, skip_existing, returning)
        done = self.connection.execute(statement, bulk.insert_parameters(rows, self.is_postgres))
        return list(done.scalars()) if returning is not None else []

    def update_many(self, table: Table, key: str, rows: Sequence[Row]) -> None:
        """Updates each row by its key; the rows were locked in sorted order before."""
        if rows:
            statement = bulk.update(table, key, tuple(rows[0]), self.is_postgres)
            self.connection.execute(statement, bulk.update_parameters(rows, self.is_postgres))
