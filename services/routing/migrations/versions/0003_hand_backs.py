"""The newest hand-back of each complaint that escalation told of."""

import sqlalchemy as sa
from alembic import op

revision = "routing_0003"
down_revision = "routing_0002"


def upgrade() -> None:
    op.add_column("assignments", sa.Column("handed_back_revision", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("assignments", "handed_back_revision")
