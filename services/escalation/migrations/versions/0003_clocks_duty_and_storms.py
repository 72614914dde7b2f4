"""Clocks, answers, duty and storms; the timeline can no longer be changed."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.tables import UtcDateTime

revision = "escalation_0003"
down_revision = "escalation_0002"

OF_PARENT, LASTING = sa.text("parent_id IS NOT NULL"), sa.text("ended_at IS NULL")
STUCK = sa.text(
    "due_at IS NULL AND state IN ('open', 'escalated', 'acknowledged', 'snoozed', 'exhausted')"
    " OR respond_by IS NULL AND state IN ('escalated', 'snoozed', 'exhausted')"
    " OR follow_up_by IS NULL AND state = 'acknowledged'"
)


def case_columns() -> tuple[sa.Column[Any], ...]:
    return (
        *(sa.Column(name, sa.JSON) for name in ("told", "owner", "clocks", "pauses", "confirmed_by", "remedies")),
        *(sa.Column(name, UtcDateTime) for name in INSTANTS),
        *(sa.Column(name, sa.Integer) for name in ("repeats", "repaired", *REVISIONS)),
        sa.Column("ladder", sa.String(100)),
        sa.Column("outcome", sa.String(20)),
        sa.Column("parent_id", sa.String(36)),
        sa.Column("is_major", sa.Boolean),
        sa.Column("region", sa.String(40)),
        sa.Column("category", sa.String(40)),
        sa.Column("product", sa.String(200)),
    )


INSTANTS = (
    "respond_by",
    "follow_up_by",
    "remind_at",
    "shift_ends_at",
    "unassigned_at",
    "overdue_since",
    "opened_at",
    "taken_at",
    "repaired_at",
)
REVISIONS = ("corrected_revision", "requested_revision", "rated_revision")
SUPERVISOR_COLUMNS = ("leads", "absences")


def upgrade() -> None:
    for column in case_columns():
        op.add_column("cases", column)
    op.create_index("ix_cases_opened_at", "cases", ["opened_at"])
    op.create_index(
        "cases_of_parent", "cases", ["parent_id", "state"], postgresql_where=OF_PARENT, sqlite_where=OF_PARENT
    )
    op.create_index("cases_without_due", "cases", ["id"], postgresql_where=STUCK, sqlite_where=STUCK)
    # A case that was underway keeps its deadline: an escalated one climbs then, an open one escalates.
    op.execute("UPDATE cases SET respond_by = due_at, opened_at = since WHERE due_at IS NOT NULL")
    for name in SUPERVISOR_COLUMNS:
        op.add_column("supervisors", sa.Column(name, sa.JSON))
    op.add_column("supervisors", sa.Column("timezone", sa.String(60)))
    _create_tables()
    for statement in PROTECTION[op.get_bind().dialect.name]:
        op.execute(statement)


def _create_tables() -> None:
    op.create_table(
        "case_notes",
        sa.Column("case_id", sa.String(36), primary_key=True),
        sa.Column("key", sa.String(100), primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "spent_links",
        sa.Column("alert_id", sa.String(100), primary_key=True),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False, index=True),
    )
    op.create_table(
        "storms",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("rule", sa.String(60), nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("alike", sa.JSON, nullable=False),
        sa.Column("opened_at", UtcDateTime, nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.Column("told_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
    )
    op.create_index("storms_lasting", "storms", ["key"], unique=True, postgresql_where=LASTING, sqlite_where=LASTING)
    op.create_table(
        "duty_overrides",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("rota", sa.String(60), nullable=False),
        sa.Column("start_at", UtcDateTime, nullable=False),
        sa.Column("end_at", UtcDateTime, nullable=False, index=True),
        sa.Column("person", sa.String(100), nullable=False),
        sa.Column("instead_of", sa.String(100)),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(1000)),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )


# For whoever owns the table too; in production the service's role has not even the permission.
PROTECTION = {
    "postgresql": (
        "CREATE FUNCTION refuse_to_change_the_timeline() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the timeline is append-only'; END $$",
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_events "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_timeline()",
    ),
    "sqlite": (
        "CREATE TRIGGER append_only_update BEFORE UPDATE ON case_events "
        "BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END",
        "CREATE TRIGGER append_only_delete BEFORE DELETE ON case_events "
        "BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END",
        # What REPLACE deletes fires no trigger: a row that is there already stays, and the new one is dropped.
        "CREATE TRIGGER append_only_replace BEFORE INSERT ON case_events "
        "WHEN EXISTS (SELECT 1 FROM case_events WHERE case_id = NEW.case_id AND key = NEW.key) "
        "BEGIN SELECT RAISE(IGNORE); END",
    ),
}
UNPROTECTED = {
    "postgresql": (
        "DROP TRIGGER append_only ON case_events",
        "DROP FUNCTION refuse_to_change_the_timeline()",
    ),
    "sqlite": tuple(f"DROP TRIGGER append_only_{what}" for what in ("update", "delete", "replace")),
}


def downgrade() -> None:
    for statement in UNPROTECTED[op.get_bind().dialect.name]:
        op.execute(statement)
    for table in ("duty_overrides", "storms", "spent_links", "case_notes"):
        op.drop_table(table)
    for name in ("timezone", *reversed(SUPERVISOR_COLUMNS)):
        op.drop_column("supervisors", name)
    op.drop_index("cases_without_due", "cases")
    op.drop_index("cases_of_parent", "cases")
    op.drop_index("ix_cases_opened_at", "cases")
    for column in reversed(case_columns()):
        op.drop_column("cases", column.name)
