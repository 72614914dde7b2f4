"""What the sink did, once per time that it did it."""

import sqlalchemy as sa
from alembic import op

revision = "sink_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "effects",
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("external_id", sa.String(100), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("effects")
