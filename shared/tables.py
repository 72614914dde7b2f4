"""Tables that the plumbing keeps in every service's own schema: inbox, outbox, retries and dead letters."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant. SQLite drops offsets without converting: there it is text of fixed width, which also sorts."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(32) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive time {value!r}: every instant carries its zone")
        utc = value.astimezone(UTC)
        return utc.isoformat(timespec="microseconds") if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return datetime.fromisoformat(value) if dialect.name == "sqlite" else value.astimezone(UTC)


Serial = BigInteger().with_variant(Integer, "sqlite")
plumbing = MetaData()

inbox = Table(
    "inbox",
    plumbing,
    Column("consumer", String(80), primary_key=True),
    Column("source", String(200), primary_key=True),
    Column("event_id", String(200), primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False, index=True),
)

outbox = Table(
    "outbox",
    plumbing,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("event_id", String(200), nullable=False),
    Column("exchange", String(80), nullable=False),
    Column("type", String(80), nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", UtcDateTime),
    sqlite_autoincrement=True,
)

retries = Table(
    "retries",
    plumbing,
    Column("queue", String(80), primary_key=True),
    Column("source", String(200), primary_key=True),
    Column("event_id", String(200), primary_key=True),
    Column("type", String(80), nullable=False),
    Column("headers", JSON, nullable=False),
    Column("content_type", String(255), nullable=False),
    Column("body", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("next_at", UtcDateTime, nullable=False, index=True),
    Column("error", Text, nullable=False),
)

dead_letters = Table(
    "dead_letters",
    plumbing,
    Column("id", String(36), primary_key=True),
    Column("queue", String(80), nullable=False),
    Column("source", String(200), nullable=False),
    Column("event_id", String(200), nullable=False),
    Column("type", String(80), nullable=False),
    Column("headers", JSON, nullable=False),
    Column("content_type", String(255), nullable=False),
    Column("body", Text, nullable=False),
    Column("reason", String(40), nullable=False),
    Column("error", Text, nullable=False),
    Column("dead_at", UtcDateTime, nullable=False),
    Index("dead_letters_by_time", "dead_at"),
)
