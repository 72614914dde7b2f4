"""Tables of intake's schema; the only place where a complaint's text and the customer's addresses are kept."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

from shared.tables import UtcDateTime

metadata = MetaData()

complaints = Table(
    "complaints",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("source", String(100), nullable=False),
    Column("external_id", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("contact_count", Integer, nullable=False),
    Column("channel", String(40), nullable=False),
    Column("product", String(200)),
    Column("tags", JSON, nullable=False),
    Column("customer_ref", String(200)),
    Column("customer_email", String(320)),
    Column("customer_phone", String(50)),
    Column("customer", JSON, nullable=False),
    Column("received_at", UtcDateTime),
    Column("accepted_at", UtcDateTime, nullable=False),
    Column("excerpt", Text, nullable=False),
    Column("verdict", JSON),
    Column("waiting_steps", JSON, nullable=False),
    Column("merged_into", String(36)),
    Column("correction", JSON(none_as_null=True)),
    Index("one_complaint_each", "source", "external_id", unique=True),
    Index("complaints_by_customer", "customer_ref"),
    Index("complaints_by_email", "customer_email"),
    Index("complaints_by_phone", "customer_phone"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("complaint_id", String(36), ForeignKey("complaints.id"), nullable=False, index=True),
    Column("channel", String(40), nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("accepted_at", UtcDateTime, nullable=False),
    Column("verdict", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
)

# What persons said of how complaints should have been read, a row each; the one in force stands with its complaint.
corrections = Table(
    "corrections",
    metadata,
    Column("complaint_id", String(36), ForeignKey("complaints.id"), primary_key=True),
    Column("case_revision", Integer, primary_key=True, autoincrement=False),
    Column("by", String(200), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("severity", String(20)),
    Column("category", String(40)),
    Column("language", String(20)),
    Column("region", String(40)),
    Column("revision", Integer, nullable=False),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("caller", String(100), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("body_hash", String(64), nullable=False),
    Column("complaint_id", String(36), nullable=False),
    Column("used_at", UtcDateTime, nullable=False, index=True),
)
