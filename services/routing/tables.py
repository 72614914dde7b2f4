"""Tables of routing's schema: the agents with their load, and one row per complaint."""

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    text,
)

from shared.tables import UtcDateTime

metadata = MetaData()

# One row: the number of changes to the roster so far. Locked by each change, so revisions are committed in order.
roster = Table(
    "roster",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("revision", Integer, nullable=False),
)

agents = Table(
    "agents",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("skills", JSON, nullable=False),
    Column("languages", JSON, nullable=False),
    Column("regions", JSON, nullable=False),
    Column("capacity", Integer, nullable=False),
    Column("load", Integer, nullable=False, server_default="0"),
    Column("revision", Integer, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    CheckConstraint("load >= 0", name="load_is_never_negative"),
    Index("agents_by_revision", "revision"),
)

WAITING_ONLY = text("state = 'waiting'")

assignments = Table(
    "assignments",
    metadata,
    Column("complaint_id", String(36), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("facts_revision", Integer, nullable=False),
    Column("step_revision", Integer, nullable=False),
    Column("skill", String(80)),
    Column("language", String(40)),
    Column("region", String(40)),
    Column("severity", String(16)),
    Column("weight", Integer),
    Column("priority", Integer),
    # Needs and weight in one word: complaints of one line wait for the same agents.
    Column("line", String(300)),
    Column("agent_id", String(64)),
    Column("reason", String(32)),
    Column("attempt", Integer, nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("waiting_since", UtcDateTime),
    Column("assigned_at", UtcDateTime),
    Column("released_at", UtcDateTime),
    Column("decided_at", UtcDateTime),
    Column("decision", JSON(none_as_null=True)),
    Column("policy_version", String(16)),
    Index(
        "waiting_by_line", "line", "priority", "waiting_since", postgresql_where=WAITING_ONLY, sqlite_where=WAITING_ONLY
    ),
)
