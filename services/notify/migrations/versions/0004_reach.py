"""How people wish to be reached, receipts, opted-out numbers, and what an alert keeps for its next channel."""

import sqlalchemy as sa
from alembic import op

from shared.tables import UtcDateTime

revision = "notify_0004"
down_revision = "notify_0003"


def upgrade() -> None:
    # A replica of the version before knows nothing of them and leaves them as they are.
    op.add_column("contacts", sa.Column("addresses", sa.JSON))
    op.add_column("contacts", sa.Column("by_severity", sa.JSON))
    op.add_column("contacts", sa.Column("quiet", sa.JSON))
    op.add_column("contacts", sa.Column("gather_seconds", sa.Integer))
    op.add_column("contacts", sa.Column("wishes", sa.JSON))
    op.add_column("alerts", sa.Column("fall_back_at", UtcDateTime))
    op.add_column("alerts", sa.Column("doubts", sa.Integer, nullable=False, server_default="0"))
    op.add_column("alerts", sa.Column("provider", sa.String(40)))
    some = sa.text("fall_back_at IS NOT NULL")
    op.create_index("alerts_falling_back", "alerts", ["fall_back_at"], postgresql_where=some, sqlite_where=some)
    op.add_column("alerts", sa.Column("gathered", sa.Boolean, nullable=False, server_default=sa.false()))
    waiting = sa.text("state = 'pending'")
    op.create_index("alerts_given_up", "alerts", ["give_up_at"], postgresql_where=waiting, sqlite_where=waiting)
    op.create_index("alerts_of_provider", "alerts", ["provider_id"])
    op.add_column("cases", sa.Column("attempt", sa.Integer))
    op.add_column("cases", sa.Column("resolved_at", UtcDateTime))
    op.create_table(
        "receipts",
        sa.Column("alert_id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(20), primary_key=True),
        sa.Column("attempt", sa.Integer, primary_key=True),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("detail", sa.String(100), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("waits", sa.Boolean, nullable=False),
    )
    waiting = sa.text("waits")
    op.create_index("receipts_waiting", "receipts", ["alert_id"], postgresql_where=waiting, sqlite_where=waiting)
    op.create_table(
        "opt_outs",
        sa.Column("channel", sa.String(20), primary_key=True),
        sa.Column("address", sa.String(254), primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("back_at", UtcDateTime),
    )
    op.create_table(
        "incoming",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "presses",
        sa.Column("alert_id", sa.String(36), primary_key=True),
        sa.Column("person", sa.String(100), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("presses")
    op.drop_table("incoming")
    op.drop_table("opt_outs")
    op.drop_table("receipts")
    op.drop_index("alerts_of_provider", "alerts")
    op.drop_index("alerts_falling_back", "alerts")
    op.drop_index("alerts_given_up", "alerts")
    for column in ("attempt", "resolved_at"):
        op.drop_column("cases", column)
    for column in ("fall_back_at", "doubts", "provider", "gathered"):
        op.drop_column("alerts", column)
    for column in ("addresses", "by_severity", "quiet", "gather_seconds", "wishes"):
        op.drop_column("contacts", column)
