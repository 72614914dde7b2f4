"""Levels, teams, shifts and presence of agents; rules, places in line, losses and history of complaints; policies."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.tables import Serial, UtcDateTime

revision = "routing_0002"
down_revision = "routing_0001"

WAITING, ASSIGNED = sa.text("state = 'waiting'"), sa.text("state = 'assigned'")


def agent_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("teams", sa.JSON(none_as_null=True)),
        sa.Column("timezone", sa.String(64), nullable=False, server_default="UTC"),
        sa.Column("shifts", sa.JSON(none_as_null=True)),
        sa.Column("absences", sa.JSON(none_as_null=True)),
        sa.Column("holidays", sa.String(20)),
        sa.Column("told_at", UtcDateTime),
        sa.Column("presence", sa.String(16)),
        sa.Column("presence_at", UtcDateTime),
        sa.Column("presence_until", UtcDateTime),
        sa.Column("status", sa.String(16), nullable=False, server_default="available"),
        sa.Column("due_at", UtcDateTime),
        sa.Column("vacate", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("last_assigned_at", UtcDateTime),
        sa.Column("kept_for", sa.String(36)),
        sa.Column("kept_rank", UtcDateTime),
    )


def assignment_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("answered_revision", sa.Integer, nullable=False, server_default="0"),
        sa.Column("facts", sa.JSON(none_as_null=True)),
        sa.Column("demand", sa.JSON(none_as_null=True)),
        sa.Column("override", sa.JSON(none_as_null=True)),
        sa.Column("customer", sa.String(300)),
        sa.Column("customer_region", sa.String(40)),
        sa.Column("lost", sa.Integer, nullable=False, server_default="0"),
        sa.Column("tried", sa.JSON(none_as_null=True)),
        sa.Column("relax_from", UtcDateTime),
        sa.Column("relax_at", UtcDateTime),
        sa.Column("turn_at", UtcDateTime),
        sa.Column("rank_at", UtcDateTime),
        sa.Column("accepted_at", UtcDateTime),
        sa.Column("answer_by", UtcDateTime),
    )


def upgrade() -> None:
    for column in agent_columns():
        op.add_column("agents", column)
    for column in assignment_columns():
        op.add_column("assignments", column)
    op.drop_index("waiting_by_line", "assignments")
    with op.batch_alter_table("assignments") as batch:  # SQLite can only make the table anew
        batch.alter_column("line", type_=sa.String(2000))
        batch.alter_column("policy_version", type_=sa.String(80))
    # Until the policy is read for them, those that wait already keep the places that they have.
    op.execute("UPDATE assignments SET rank_at = waiting_since, turn_at = waiting_since WHERE state = 'waiting'")
    _create_indexes()
    _create_tables()


def _create_indexes() -> None:
    for name, where, *columns in (
        ("waiting_by_place", WAITING, "line", "reason", "rank_at"),
        ("waiting_by_turn", WAITING, "customer_region", "priority", "turn_at"),
        ("waiting_by_relaxation", WAITING, "relax_at"),
        ("waiting_by_policy", WAITING, "policy_version"),
        ("waiting_by_rank", WAITING, "rank_at"),
        ("assigned_by_answer", ASSIGNED, "answer_by"),
        ("assigned_by_agent", ASSIGNED, "agent_id"),
    ):
        op.create_index(name, "assignments", columns, postgresql_where=where, sqlite_where=where)
    op.create_index("assignments_by_customer", "assignments", ["customer"])
    op.create_index("agents_by_due", "agents", ["due_at"])
    for name, where in (("agents_gone", sa.text("vacate")), ("agents_kept", sa.text("kept_for IS NOT NULL"))):
        op.create_index(name, "agents", ["id"], postgresql_where=where, sqlite_where=where)


def _create_tables() -> None:
    op.create_table(
        "history",
        sa.Column("id", Serial, primary_key=True, autoincrement=True),
        sa.Column("complaint_id", sa.String(36), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.Column("agent_id", sa.String(64)),
        sa.Column("by", sa.String(100)),
        sa.Column("note", sa.Text),
        sa.Column("details", sa.JSON(none_as_null=True)),
        sa.Column("policy_version", sa.String(80)),
        sa.Index("history_by_complaint", "complaint_id", "id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "policies",
        sa.Column("version", sa.String(80), primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("taken_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("policies")
    op.drop_table("history")
    op.create_index(
        "waiting_by_line",
        "assignments",
        ["line", "priority", "waiting_since"],
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )
    for name in (
        "waiting_by_place",
        "waiting_by_turn",
        "waiting_by_relaxation",
        "waiting_by_policy",
        "waiting_by_rank",
        "assigned_by_answer",
        "assigned_by_agent",
        "assignments_by_customer",
    ):
        op.drop_index(name, "assignments")
    for name in ("agents_by_due", "agents_gone", "agents_kept"):
        op.drop_index(name, "agents")
    for column in assignment_columns():
        op.drop_column("assignments", column.name)
    for column in agent_columns():
        op.drop_column("agents", column.name)
