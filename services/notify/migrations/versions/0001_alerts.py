"""Contacts, cases, escalations, alerts and deliveries."""

import sqlalchemy as sa
from alembic import op

from shared.tables import UtcDateTime

revision = "notify_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "contacts",
        sa.Column("person", sa.String(100), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(254)),
        sa.Column("phone", sa.String(16)),
        sa.Column("language", sa.String(35), nullable=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("channels", sa.JSON, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "cases",
        sa.Column("case_id", sa.String(200), primary_key=True),
        sa.Column("answered_revision", sa.Integer, nullable=False),
        sa.Column("answered_at", UtcDateTime),
    )
    op.create_table(
        "escalations",
        sa.Column("key", sa.String(220), primary_key=True),
        sa.Column("id", sa.String(200), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("case_id", sa.String(200), nullable=False, index=True),
        sa.Column("case_revision", sa.Integer, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("recipients", sa.JSON, nullable=False),
        sa.Column("respond_by", UtcDateTime),
        sa.Column("caused_at", UtcDateTime, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("traceparent", sa.String(55)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("planned_at", UtcDateTime, nullable=False),
        sa.Index("escalations_by_state", "state"),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("escalation_key", sa.String(220), nullable=False, index=True),
        sa.Column("escalation_id", sa.String(200), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("case_id", sa.String(200), nullable=False, index=True),
        sa.Column("case_revision", sa.Integer, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("recipient", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(40)),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("next_at", UtcDateTime, nullable=False),
        sa.Column("give_up_at", UtcDateTime, nullable=False),
        sa.Column("lease_until", UtcDateTime),
        sa.Column("created_at", UtcDateTime, nullable=False, index=True),
        sa.Column("caused_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("provider_id", sa.String(200)),
        sa.Column("traceparent", sa.String(55)),
        sa.UniqueConstraint("escalation_id", "recipient", "channel", "purpose", name="one_alert_each"),
        sa.Index("alerts_due", "state", "channel", "next_at"),
    )
    op.create_table(
        "deliveries",
        sa.Column("alert_id", sa.String(36), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("detail", sa.String(100), nullable=False),
        sa.Column("handed_off", sa.Boolean, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    for table in ("deliveries", "alerts", "escalations", "cases", "contacts"):
        op.drop_table(table)
