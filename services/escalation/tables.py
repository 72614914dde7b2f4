"""Tables of escalation's schema, used by the store."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    and_,
    or_,
    text,
)

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
    Column("told", JSON),
    Column("alarms", JSON, nullable=False),
    Column("owner", JSON),
    Column("clocks", JSON),
    Column("pauses", JSON),
    Column("ladder", String(100)),
    Column("level", SmallInteger, nullable=False),
    Column("round", Integer, nullable=False),
    Column("repeats", Integer),
    Column("repaired", Integer),
    Column("reason", String(20)),
    Column("trigger", String(20)),
    Column("escalation_id", String(36)),
    Column("recipients", JSON, nullable=False),
    Column("confirmed_by", JSON),
    Column("due_at", UtcDateTime),  # the earliest of what follows, and of the clocks
    Column("respond_by", UtcDateTime),
    Column("follow_up_by", UtcDateTime),
    Column("remind_at", UtcDateTime),
    Column("shift_ends_at", UtcDateTime),
    Column("unassigned_at", UtcDateTime),
    Column("overdue_since", UtcDateTime),
    Column("opened_at", UtcDateTime, index=True),
    Column("since", UtcDateTime),
    Column("escalated_at", UtcDateTime),
    Column("repaired_at", UtcDateTime),
    Column("taken_at", UtcDateTime),
    Column("acknowledged_by", String(200)),
    Column("acknowledged_at", UtcDateTime),
    Column("closed_by", String(200)),
    Column("closed_at", UtcDateTime),
    Column("outcome", String(20)),
    Column("remedies", JSON),
    Column("facts_revision", Integer, nullable=False),
    Column("corrected_revision", Integer),
    Column("closed_revision", Integer, nullable=False),
    Column("answered_revision", Integer, nullable=False),  # both for replicas of the version before: see `told`
    Column("reopened_revision", Integer, nullable=False),
    Column("requested_revision", Integer),
    Column("rated_revision", Integer),
    Column("parent_id", String(36)),
    Column("is_major", Boolean),
    Column("traceparent", String(55)),
    Column("ending", String(20)),
    # Of the facts, what lists are filtered by and storms are counted by.
    Column("region", String(40)),
    Column("category", String(40)),
    Column("product", String(200)),
    # How many of its clocks that have not stopped are in which state: for the gauges, which must not read documents.
    Column("clocks_running", SmallInteger),
    Column("clocks_warned", SmallInteger),
    Column("clocks_broken", SmallInteger),
)
# All that the gauges ask for: they read this index alone, and the cases that are over are not in it.
IS_OPEN = text("state NOT IN ('early', 'resolved')")
Index(
    "cases_open",
    *(cases.c[name] for name in ("state", "level", "reason", "clocks_running", "clocks_warned", "clocks_broken")),
    postgresql_where=IS_OPEN,
    sqlite_where=IS_OPEN,
)
# One severity after the other: the claim looks at the most severe first and never sorts what waits.
Index(
    "cases_due",
    cases.c.severity,
    cases.c.due_at,
    postgresql_where=cases.c.due_at.is_not(None),
    sqlite_where=cases.c.due_at.is_not(None),
)
Index(
    "cases_of_parent",
    cases.c.parent_id,
    cases.c.state,
    postgresql_where=cases.c.parent_id.is_not(None),
    sqlite_where=cases.c.parent_id.is_not(None),
)

# What the auditor looks for: as a rule, nothing.
STUCK = or_(
    and_(cases.c.due_at.is_(None), cases.c.state.in_(("open", "escalated", "acknowledged", "snoozed", "exhausted"))),
    and_(cases.c.respond_by.is_(None), cases.c.state.in_(("escalated", "snoozed", "exhausted"))),
    and_(cases.c.follow_up_by.is_(None), cases.c.state == "acknowledged"),
)
Index("cases_without_due", cases.c.id, postgresql_where=STUCK, sqlite_where=STUCK)

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
    info={"append_only": True},
)

# What people wrote about a case; not in the timeline, since it must be erasable.
case_notes = Table(
    "case_notes",
    metadata,
    Column("case_id", String(36), primary_key=True),
    Column("key", String(100), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("author", String(200), nullable=False),
    Column("text", Text, nullable=False),
)

# Links that were used once, and for what.
spent_links = Table(
    "spent_links",
    metadata,
    Column("alert_id", String(100), primary_key=True),
    Column("case_id", String(36), nullable=False),
    Column("person", String(200), nullable=False),
    Column("what", String(20), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)

# Storms: the id is that of the major complaint's case. One that lasts has no `ended_at`.
storms = Table(
    "storms",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("rule", String(60), nullable=False),
    Column("key", String(300), nullable=False),
    Column("alike", JSON, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)
Index(
    "storms_lasting",
    storms.c.key,
    unique=True,
    postgresql_where=storms.c.ended_at.is_(None),
    sqlite_where=storms.c.ended_at.is_(None),
)

supervisors = Table(
    "supervisors",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("regions", JSON, nullable=False),
    Column("languages", JSON, nullable=False),
    Column("leads", JSON),
    Column("absences", JSON),
    Column("timezone", String(60)),
    Column("changed_at", UtcDateTime, nullable=False),
)

# Who has a duty of a rota in somebody's place, or beside the rota, for a time.
duty_overrides = Table(
    "duty_overrides",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("rota", String(60), nullable=False),
    Column("start_at", UtcDateTime, nullable=False),
    Column("end_at", UtcDateTime, nullable=False, index=True),
    Column("person", String(100), nullable=False),
    Column("instead_of", String(100)),
    Column("by", String(200), nullable=False),
    Column("reason", String(1000)),
    Column("created_at", UtcDateTime, nullable=False),
)

# Every policy that a case may have started with, as it was written.
policies = Table(
    "policies",
    metadata,
    Column("version", String(100), primary_key=True),
    Column("document", Text, nullable=False),
    Column("loaded_at", UtcDateTime, nullable=False),
)
