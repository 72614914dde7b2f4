"""An index by which the gauges find who has waited longest, however many wait."""

import sqlalchemy as sa
from alembic import op

revision = "routing_0004"
down_revision = "routing_0003"

WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_index("waiting_by_age", "assignments", ["waiting_since"], postgresql_where=WAITING, sqlite_where=WAITING)


def downgrade() -> None:
    op.drop_index("waiting_by_age", "assignments")
