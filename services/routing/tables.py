"""Tables of routing's schema: the agents with their load, a row per complaint with its history, the policies."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from shared.tables import Serial, UtcDateTime

metadata = MetaData()

# One row: the number of changes to the roster so far. Locked by each change, so revisions are committed in order.
roster = Table(
    "roster",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("revision", Integer, nullable=False),
)

GONE_ONLY, KEPT_ONLY = text("vacate"), text("kept_for IS NOT NULL")

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
    Column("teams", JSON(none_as_null=True)),
    Column("timezone", String(64), nullable=False, server_default="UTC"),
    Column("shifts", JSON(none_as_null=True)),
    Column("absences", JSON(none_as_null=True)),
    Column("holidays", String(20)),
    # When upstream said so, if it did: what is older than it comes late.
    Column("told_at", UtcDateTime),
    Column("presence", String(16)),
    Column("presence_at", UtcDateTime),
    Column("presence_until", UtcDateTime),
    Column("status", String(16), nullable=False, server_default="available"),
    # When the status is to be looked at again.
    Column("due_at", UtcDateTime),
    # They are gone, and their complaints are still to be taken away.
    Column("vacate", Boolean, nullable=False, server_default=text("false")),
    Column("last_assigned_at", UtcDateTime),
    Column("kept_for", String(36)),
    Column("kept_rank", UtcDateTime),
    CheckConstraint("load >= 0", name="load_is_never_negative"),
    Index("agents_by_revision", "revision"),
    Index("agents_by_due", "due_at"),
    Index("agents_gone", "id", postgresql_where=GONE_ONLY, sqlite_where=GONE_ONLY),
    Index("agents_kept", "id", postgresql_where=KEPT_ONLY, sqlite_where=KEPT_ONLY),
)

WAITING_ONLY = text("state = 'waiting'")
ASSIGNED_ONLY = text("state = 'assigned'")
EVER_ASSIGNED = text("agent_id IS NOT NULL")

assignments = Table(
    "assignments",
    metadata,
    Column("complaint_id", String(36), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("facts_revision", Integer, nullable=False),
    Column("step_revision", Integer, nullable=False),
    Column("answered_revision", Integer, nullable=False, server_default="0"),
    Column("handed_back_revision", Integer, nullable=False, server_default="0"),
    Column("facts", JSON(none_as_null=True)),
    Column("demand", JSON(none_as_null=True)),
    Column("override", JSON(none_as_null=True)),
    # The needs once more, to look for by hand.
    Column("skill", String(80)),
    Column("language", String(40)),
    Column("region", String(40)),
    Column("severity", String(16)),
    Column("weight", Integer),
    Column("priority", Integer),
    # Needs, weight, hours and who lost it, in one word: complaints of one line wait for the same agents. None = for a
    # supervisor.
    Column("line", String(2000)),
    Column("customer", String(300)),
    Column("customer_region", String(40)),
    Column("agent_id", String(64)),
    Column("reason", String(32)),
    Column("attempt", Integer, nullable=False),
    Column("lost", Integer, nullable=False, server_default="0"),
    Column("tried", JSON(none_as_null=True)),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("waiting_since", UtcDateTime),
    Column("relax_from", UtcDateTime),
    Column("relax_at", UtcDateTime),
    Column("turn_at", UtcDateTime),
    Column("rank_at", UtcDateTime),
    Column("assigned_at", UtcDateTime),
    Column("accepted_at", UtcDateTime),
    Column("answer_by", UtcDateTime),
    Column("released_at", UtcDateTime),
    Column("decided_at", UtcDateTime),
    Column("decision", JSON(none_as_null=True)),
    Column("policy_version", String(80)),
    Index("waiting_by_place", "line", "reason", "rank_at", postgresql_where=WAITING_ONLY, sqlite_where=WAITING_ONLY),
    Index(
        "waiting_by_turn",
        "customer_region",
        "priority",
        "turn_at",
        postgresql_where=WAITING_ONLY,
        sqlite_where=WAITING_ONLY,
    ),
    Index("waiting_by_relaxation", "relax_at", postgresql_where=WAITING_ONLY, sqlite_where=WAITING_ONLY),
    Index("waiting_by_policy", "policy_version", postgresql_where=WAITING_ONLY, sqlite_where=WAITING_ONLY),
    Index("waiting_by_rank", "rank_at", postgresql_where=WAITING_ONLY, sqlite_where=WAITING_ONLY),
    Index("waiting_by_age", "waiting_since", postgresql_where=WAITING_ONLY, sqlite_where=WAITING_ONLY),
    Index("assigned_by_answer", "answer_by", postgresql_where=ASSIGNED_ONLY, sqlite_where=ASSIGNED_ONLY),
    Index("assigned_by_agent", "agent_id", postgresql_where=ASSIGNED_ONLY, sqlite_where=ASSIGNED_ONLY),
    Index(
        "assigned_by_customer",
        "customer",
        "assigned_at",
        "agent_id",
        postgresql_where=EVER_ASSIGNED,
        sqlite_where=EVER_ASSIGNED,
    ),
)

# What happened to each complaint, a row each, written in the transaction that did it and never changed.
history = Table(
    "history",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("complaint_id", String(36), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("what", String(16), nullable=False),
    Column("reason", String(32)),
    Column("agent_id", String(64)),
    Column("by", String(100)),
    Column("note", Text),
    Column("details", JSON(none_as_null=True)),
    Column("policy_version", String(80)),
    Index("history_by_complaint", "complaint_id", "id"),
    sqlite_autoincrement=True,
)

# Each policy that was in force, and since when: the newest counts.
policies = Table(
    "policies",
    metadata,
    Column("version", String(80), primary_key=True),
    Column("document", Text, nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),
)
