"""Tables of notify's schema; the only place where the addresses of people are kept."""

from typing import Any

from sqlalchemy import JSON, Boolean, Column, Index, Integer, MetaData, String, Table, UniqueConstraint, false, text

from shared.tables import UtcDateTime

metadata = MetaData()
# Not `IN`: SQLite does not see that one of the three is among them.
_OPEN = "state = 'pending' OR state = 'claimed' OR state = 'handed_off'"
_PENDING = "state = 'pending'"


def _only(condition: str) -> dict[str, Any]:
    """For an index of the rows that meet it."""
    return {"postgresql_where": text(condition), "sqlite_where": text(condition)}


contacts = Table(
    "contacts",
    metadata,
    Column("person", String(100), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("email", String(254)),
    Column("phone", String(16)),
    Column("language", String(35), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("channels", JSON, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("addresses", JSON),  # by channel, beside the two above
    Column("by_severity", JSON),
    Column("quiet", JSON),
    Column("gather_seconds", Integer),
    Column("wishes", JSON),
)

# Who answered STOP: by address, as it holds for whoever has it.
opt_outs = Table(
    "opt_outs",
    metadata,
    Column("channel", String(20), primary_key=True),
    Column("address", String(254), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("back_at", UtcDateTime),  # when START came behind it; the row stays, so that an older STOP is known as such
)

# What people wrote back, by the provider's name for it: told twice, it was written when it was told first.
incoming = Table(
    "incoming",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

# One row per case that we ever heard of: remembers the answer, and is the lock under which its alerts are planned.
cases = Table(
    "cases",
    metadata,
    Column("case_id", String(200), primary_key=True),
    Column("answered_revision", Integer, nullable=False),
    Column("answered_at", UtcDateTime),
    Column("ending", String(20)),  # what the newest answer was, where nobody took the case: snoozed, merged, …
    Column("attempt", Integer),  # the newest decision of routing on who has the complaint, where that mattered
    Column("resolved_at", UtcDateTime),
    Column("taken_by", String(200)),  # whoever has the case, where the newest answer was that somebody took it
)

escalations = Table(
    "escalations",
    metadata,
    Column("key", String(220), primary_key=True),
    Column("id", String(200), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("case_id", String(200), nullable=False, index=True),
    Column("case_revision", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("recipients", JSON, nullable=False),
    Column("respond_by", UtcDateTime),
    Column("caused_at", UtcDateTime, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("traceparent", String(55)),
    Column("state", String(20), nullable=False),
    Column("planned_at", UtcDateTime, nullable=False),
    Index("escalations_by_state", "state"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("escalation_key", String(220), nullable=False, index=True),
    Column("escalation_id", String(200), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("case_id", String(200), nullable=False, index=True),
    Column("case_revision", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("recipient", String(200), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("reason", String(40)),
    Column("attempt", Integer, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("give_up_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("caused_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("provider_id", String(200)),
    Column("traceparent", String(55)),
    Column("place", Integer, nullable=False, server_default="10"),  # in the line before the senders: domain/places.py
    Column("fall_back_at", UtcDateTime),
    Column("doubts", Integer, nullable=False, server_default="0"),
    Column("provider", String(40)),
    Column("gathered", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("escalation_id", "recipient", "channel", "purpose", name="one_alert_each"),
    Index("alerts_in_line", "state", "channel", "place", "next_at", "id", **_only(_OPEN)),
    Index("alerts_of_person", "channel", "recipient", "place", "next_at", "id", **_only(_PENDING)),
    Index("alerts_called", "recipient", "channel", "place", "created_at"),
    Index("alerts_falling_back", "fall_back_at", **_only("fall_back_at IS NOT NULL")),
    Index("alerts_given_up", "give_up_at", **_only(_PENDING)),
    Index("alerts_of_provider", "provider_id"),
)

# What providers told of alerts after they took them, or before their answer to the sender came through.
receipts = Table(
    "receipts",
    metadata,
    Column("alert_id", String(36), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("attempt", Integer, primary_key=True),  # the one that was under way, or the last, when it came
    Column("reason", String(40), nullable=False),
    Column("detail", String(100), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("waits", Boolean, nullable=False),  # for the outcome of that attempt
    Index("receipts_waiting", "alert_id", **_only("waits")),
)

# Who said first to an alert that they take the case, by a button in a chat or a text message.
presses = Table(
    "presses",
    metadata,
    Column("alert_id", String(36), primary_key=True),
    Column("person", String(100), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# One row per attempt that came to an end; written with its outcome.
deliveries = Table(
    "deliveries",
    metadata,
    Column("alert_id", String(36), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("outcome", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("detail", String(100), nullable=False),
    Column("handed_off", Boolean, nullable=False),
    Column("ended_at", UtcDateTime, nullable=False),
)
