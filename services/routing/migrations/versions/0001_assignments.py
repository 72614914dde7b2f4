"""Agents and assignments."""

import sqlalchemy as sa
from alembic import op

from shared.tables import UtcDateTime

revision = "routing_0001"
down_revision = None


def upgrade() -> None:
    roster = op.create_table(
        "roster",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
    )
    op.bulk_insert(roster, [{"id": 1, "revision": 0}])
    op.create_table(
        "agents",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("skills", sa.JSON, nullable=False),
        sa.Column("languages", sa.JSON, nullable=False),
        sa.Column("regions", sa.JSON, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("load", sa.Integer, nullable=False, server_default="0"),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("load >= 0", name="load_is_never_negative"),
        sa.Index("agents_by_revision", "revision"),
    )
    _create_assignments()
    if op.get_bind().dialect.name == "postgresql":
        # The load changes with every assignment: room on the page keeps those updates away from the indexes.
        op.execute(
            "ALTER TABLE agents SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, "
            "autovacuum_vacuum_threshold = 500)"
        )


def _create_assignments() -> None:
    waiting_only = sa.text("state = 'waiting'")
    op.create_table(
        "assignments",
        sa.Column("complaint_id", sa.String(36), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("facts_revision", sa.Integer, nullable=False),
        sa.Column("step_revision", sa.Integer, nullable=False),
        sa.Column("skill", sa.String(80)),
        sa.Column("language", sa.String(40)),
        sa.Column("region", sa.String(40)),
        sa.Column("severity", sa.String(16)),
        sa.Column("weight", sa.Integer),
        sa.Column("priority", sa.Integer),
        sa.Column("line", sa.String(300)),
        sa.Column("agent_id", sa.String(64)),
        sa.Column("reason", sa.String(32)),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("first_seen_at", UtcDateTime, nullable=False),
        sa.Column("waiting_since", UtcDateTime),
        sa.Column("assigned_at", UtcDateTime),
        sa.Column("released_at", UtcDateTime),
        sa.Column("decided_at", UtcDateTime),
        sa.Column("decision", sa.JSON(none_as_null=True)),
        sa.Column("policy_version", sa.String(16)),
        sa.Index(
            "waiting_by_line",
            "line",
            "priority",
            "waiting_since",
            postgresql_where=waiting_only,
            sqlite_where=waiting_only,
        ),
    )


def downgrade() -> None:
    for table in ("assignments", "agents", "roster"):
        op.drop_table(table)
