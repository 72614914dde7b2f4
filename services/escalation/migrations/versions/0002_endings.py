"""How a case ended for good: merged, forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "escalation_0002"
down_revision = "escalation_0001"


def upgrade() -> None:
    op.add_column("cases", sa.Column("ending", sa.String(20)))


def downgrade() -> None:
    op.drop_column("cases", "ending")
