"""The index by customer gets the order in which their last agent is looked for, and leaves out who never had one."""

import sqlalchemy as sa
from alembic import op

revision = "routing_0005"
down_revision = "routing_0004"

EVER_ASSIGNED = sa.text("agent_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "assigned_by_customer",
        "assignments",
        ["customer", "assigned_at", "agent_id"],
        postgresql_where=EVER_ASSIGNED,
        sqlite_where=EVER_ASSIGNED,
    )
    op.drop_index("assignments_by_customer", "assignments")


def downgrade() -> None:
    op.create_index("assignments_by_customer", "assignments", ["customer"])
    op.drop_index("assigned_by_customer", "assignments")
