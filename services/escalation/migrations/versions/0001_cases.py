"""Cases, their timeline, supervisors and policies."""

import sqlalchemy as sa
from alembic import op

from shared.tables import UtcDateTime

revision = "escalation_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("policy_version", sa.String(100), nullable=False),
        sa.Column("severity", sa.SmallInteger, nullable=False),
        sa.Column("facts", sa.JSON),
        sa.Column("alarms", sa.JSON, nullable=False),
        sa.Column("level", sa.SmallInteger, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("reason", sa.String(20)),
        sa.Column("trigger", sa.String(20)),
        sa.Column("escalation_id", sa.String(36)),
        sa.Column("recipients", sa.JSON, nullable=False),
        sa.Column("due_at", UtcDateTime),
        sa.Column("since", UtcDateTime),
        sa.Column("escalated_at", UtcDateTime),
        sa.Column("acknowledged_by", sa.String(200)),
        sa.Column("acknowledged_at", UtcDateTime),
        sa.Column("closed_by", sa.String(200)),
        sa.Column("closed_at", UtcDateTime),
        sa.Column("facts_revision", sa.Integer, nullable=False),
        sa.Column("answered_revision", sa.Integer, nullable=False),
        sa.Column("closed_revision", sa.Integer, nullable=False),
        sa.Column("reopened_revision", sa.Integer, nullable=False),
        sa.Column("traceparent", sa.String(55)),
    )
    op.create_index("ix_cases_state", "cases", ["state"])
    waiting = sa.text("due_at IS NOT NULL")
    op.create_index("cases_due", "cases", ["severity", "due_at"], postgresql_where=waiting, sqlite_where=waiting)
    op.create_table(
        "case_events",
        sa.Column("case_id", sa.String(36), primary_key=True),
        sa.Column("key", sa.String(100), primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("level", sa.SmallInteger),
        sa.Column("reason", sa.String(60)),
        sa.Column("policy_version", sa.String(100)),
        sa.Column("details", sa.JSON, nullable=False),
    )
    op.create_table(
        "supervisors",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("regions", sa.JSON, nullable=False),
        sa.Column("languages", sa.JSON, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "policies",
        sa.Column("version", sa.String(100), primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("loaded_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    for table in ("policies", "supervisors", "case_events", "cases"):
        op.drop_table(table)
