"""The place of an alert in the line, and the indexes that claims and the planning of firsts read."""

import sqlalchemy as sa
from alembic import op

revision = "notify_0003"
down_revision = "notify_0002"
PLACE = """
UPDATE alerts SET place =
    CASE purpose WHEN 'warning' THEN 20 ELSE 10 END
    + CASE severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END
WHERE state = 'pending'
"""


def upgrade() -> None:
    # A replica of the version before names no place: its alerts go with the severe ones.
    op.add_column("alerts", sa.Column("place", sa.Integer, nullable=False, server_default="10"))
    op.execute(PLACE)
    op.drop_index("alerts_due", "alerts")
    op.create_index("alerts_in_line", "alerts", ["state", "channel", "place", "next_at", "id"])
    op.create_index("alerts_of_person", "alerts", ["state", "channel", "recipient", "place", "next_at", "id"])
    op.create_index("alerts_called", "alerts", ["recipient", "channel", "place", "created_at"])


def downgrade() -> None:
    for index in ("alerts_in_line", "alerts_of_person", "alerts_called"):
        op.drop_index(index, "alerts")
    op.create_index("alerts_due", "alerts", ["state", "channel", "next_at"])
    op.drop_column("alerts", "place")
