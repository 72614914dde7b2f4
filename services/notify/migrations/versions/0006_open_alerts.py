"""The line before the senders is indexed alone: what has ended, nearly all, is in neither of its indexes any more."""

import sqlalchemy as sa
from alembic import op

revision = "notify_0006"
down_revision = "notify_0005"
OPEN = sa.text("state = 'pending' OR state = 'claimed' OR state = 'handed_off'")
PENDING = sa.text("state = 'pending'")
IN_LINE = ["state", "channel", "place", "next_at", "id"]
OF_PERSON = ["channel", "recipient", "place", "next_at", "id"]


def upgrade() -> None:
    # A replica of the version before finds what it looks for in them, too: it asks for these states.
    _drop()
    op.create_index("alerts_in_line", "alerts", IN_LINE, postgresql_where=OPEN, sqlite_where=OPEN)
    op.create_index("alerts_of_person", "alerts", OF_PERSON, postgresql_where=PENDING, sqlite_where=PENDING)


def downgrade() -> None:
    _drop()
    op.create_index("alerts_in_line", "alerts", IN_LINE)
    op.create_index("alerts_of_person", "alerts", ["state", *OF_PERSON])


def _drop() -> None:
    for index in ("alerts_in_line", "alerts_of_person"):
        op.drop_index(index, "alerts")
