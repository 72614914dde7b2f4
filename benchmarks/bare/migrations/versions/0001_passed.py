"""What passed a hop of the bare chain."""

import sqlalchemy as sa
from alembic import op

revision = "bare_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "passed",
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("complaint_id", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("passed")
