"""How a case's clocks stand, in columns, and an index of what is open: for the gauges. Empty counts as none."""

import sqlalchemy as sa
from alembic import op

revision = "escalation_0004"
down_revision = "escalation_0003"

COUNTS = ("clocks_running", "clocks_warned", "clocks_broken")
IS_OPEN = sa.text("state NOT IN ('early', 'resolved')")


def upgrade() -> None:
    for name in COUNTS:
        op.add_column("cases", sa.Column(name, sa.SmallInteger))
    op.create_index(
        "cases_open",
        "cases",
        ["state", "level", "reason", *COUNTS],
        postgresql_where=IS_OPEN,
        sqlite_where=IS_OPEN,
    )


def downgrade() -> None:
    op.drop_index("cases_open", "cases")
    for name in reversed(COUNTS):
        op.drop_column("cases", name)
