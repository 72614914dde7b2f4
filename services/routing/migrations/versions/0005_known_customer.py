"""The index by customer becomes one by which the newest assignment is found without reading the others."""

import sqlalchemy as sa
from alembic import op

revision = "routing_0005"
down_revision = "routing_0004"

EVER_ASSIGNED = sa.text("agent_id IS NOT NULL")


def upgrade() -> None:
    columns = ["customer", "assigned_at"]
    op.create_index(
        "assigned_by_customer",
        "assignments",
        columns,
        postgresql_where=EVER_ASSIGNED,
        sqlite_where=EVER_ASSIGNED,
    )
    op.drop_index("assignments_by_customer", "assignments")


def downgrade() -> None:
    op.create_index("assignments_by_customer", "assignments", ["customer"])
    op.drop_index("assigned_by_customer", "assignments")
