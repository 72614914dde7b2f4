"""What persons said of how complaints should have been read."""

import sqlalchemy as sa
from alembic import op

from shared.tables import UtcDateTime

revision = "intake_0002"
down_revision = "intake_0001"


def upgrade() -> None:
    op.add_column("complaints", sa.Column("correction", sa.JSON(none_as_null=True)))
    op.create_table(
        "corrections",
        sa.Column("complaint_id", sa.String(36), sa.ForeignKey("complaints.id"), primary_key=True),
        sa.Column("case_revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("severity", sa.String(20)),
        sa.Column("category", sa.String(40)),
        sa.Column("language", sa.String(20)),
        sa.Column("region", sa.String(40)),
        sa.Column("revision", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("corrections")
    op.drop_column("complaints", "correction")
