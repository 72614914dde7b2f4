"""Who has a case: so that whoever answers too late hears it."""

import sqlalchemy as sa
from alembic import op

revision = "notify_0005"
down_revision = "notify_0004"


def upgrade() -> None:
    # A replica of the version before knows nothing of it and leaves it as it is.
    op.add_column("cases", sa.Column("taken_by", sa.String(200)))


def downgrade() -> None:
    op.drop_column("cases", "taken_by")
