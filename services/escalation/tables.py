"""Tables of escalation's schema, used by the store."""

from sqlalchemy import JSON, Column, Index, Integer, MetaData, SmallInteger, String, Table, Text

from shared.tables import UtcDateTime

metadata = MetaData()

cases = Table(
    "cases",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("state", String(20), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("policy_version", String(100), nullable=False),
    Column("severity", SmallInteger, nullable=False),  # its rank, so that it sorts
    Column("facts", JSON),
    Column("alarms", JSON, nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("round", Integer, nullable=False),
    Column("reason", String(20)),
    Column("trigger", String(20)),
    Column("escalation_id", String(36)),
    Column("recipients", JSON, nullable=False),
    Column("due_at", UtcDateTime),
    Column("since", UtcDateTime),
    Column("escalated_at", UtcDateTime),
    Column("acknowledged_by", String(200)),
    Column("acknowledged_at", UtcDateTime),
    Column("closed_by", String(200)),
    Column("closed_at", UtcDateTime),
    Column("facts_revision", Integer, nullable=False),
    Column("answered_revision", Integer, nullable=False),
    Column("closed_revision", Integer, nullable=False),
    Column("reopened_revision", Integer, nullable=False),
    Column("traceparent", String(55)),
    Column("ending", String(20)),
)
# One severity after the other: the claim looks at the most severe first and never sorts what waits.
Index(
    "cases_due",
    cases.c.severity,
    cases.c.due_at,
    postgresql_where=cases.c.due_at.is_not(None),
    sqlite_where=cases.c.due_at.is_not(None),
)

# The timeline, append-only. `key` names what is told, so that a second telling is absorbed. No foreign key: routing and
# notify may be heard before intake, and their notes need no lock on the case.
case_events = Table(
    "case_events",
    metadata,
    Column("case_id", String(36), primary_key=True),
    Column("key", String(100), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("what", String(20), nullable=False),
    Column("level", SmallInteger),
    Column("reason", String(60)),
    Column("policy_version", String(100)),
    Column("details", JSON, nullable=False),
)

supervisors = Table(
    "supervisors",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("regions", JSON, nullable=False),
    Column("languages", JSON, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

# Every policy that a case may have started with, as it was written.
policies = Table(
    "policies",
    metadata,
    Column("version", String(100), primary_key=True),
    Column("document", Text, nullable=False),
    Column("loaded_at", UtcDateTime, nullable=False),
)
