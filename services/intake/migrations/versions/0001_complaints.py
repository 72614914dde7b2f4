"""Complaints, contacts and idempotency keys."""

import sqlalchemy as sa
from alembic import op

from shared.tables import UtcDateTime

revision = "intake_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "complaints",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("source", sa.String(100), nullable=False),
        sa.Column("external_id", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("contact_count", sa.Integer, nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("product", sa.String(200)),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("customer_ref", sa.String(200)),
        sa.Column("customer_email", sa.String(320)),
        sa.Column("customer_phone", sa.String(50)),
        sa.Column("customer", sa.JSON, nullable=False),
        sa.Column("received_at", UtcDateTime),
        sa.Column("accepted_at", UtcDateTime, nullable=False),
        sa.Column("excerpt", sa.Text, nullable=False),
        sa.Column("verdict", sa.JSON),
        sa.Column("waiting_steps", sa.JSON, nullable=False),
        sa.Column("merged_into", sa.String(36)),
        sa.Index("one_complaint_each", "source", "external_id", unique=True),
        sa.Index("complaints_by_customer", "customer_ref"),
        sa.Index("complaints_by_email", "customer_email"),
        sa.Index("complaints_by_phone", "customer_phone"),
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("complaint_id", sa.String(36), sa.ForeignKey("complaints.id"), nullable=False, index=True),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("accepted_at", UtcDateTime, nullable=False),
        sa.Column("verdict", sa.JSON, nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("caller", sa.String(100), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("complaint_id", sa.String(36), nullable=False),
        sa.Column("used_at", UtcDateTime, nullable=False, index=True),
    )


def downgrade() -> None:
    for table in ("idempotency_keys", "contacts", "complaints"):
        op.drop_table(table)
