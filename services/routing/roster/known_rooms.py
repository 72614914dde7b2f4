"""How all agents stand, kept in memory and brought up to date in each transaction. Part of the Desk."""

import threading
from collections.abc import Mapping

from sqlalchemy import literal_column, select, text

from services.routing.domain.room import Room
from services.routing.roster.agent_rows import ROOM, room_from
from shared.database import Transaction

# The transaction that wrote the row, and the oldest one that was not over at the time of this statement.
_AGE, _OLDEST = "age(agents.xmin)", "CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)"
_MINE = "CAST(agents.xmin AS text) = CAST(CAST(pg_current_xact_id_if_assigned() AS xid) AS text)"


class KnownRooms:
    """What a plan goes by before it locks anybody: the same as reading all rows, without reading all of them.

    PostgreSQL keeps with each row which transaction wrote it. All rows of transactions that were over by the last look
    are known; the others are read. What this transaction wrote itself is left out: it may yet be rolled back.
    """

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}
        self._horizon: int | None = None
        # One look after the other: an older answer must not overwrite a newer one.
        self._one_look = threading.Lock()

    def current(self, tx: Transaction) -> Mapping[str, Room]:
        """By agent; the mapping itself never changes."""
        if not tx.is_postgres:
            return {row.id: room_from(row) for row in tx.execute(_ALL)}
        with self._one_look:
            rows = tx.execute(_CHANGED, {"horizon": self._horizon}).all()
            if rows:
                self._rooms = self._rooms | {row.id: room_from(row) for row in rows}
                self._horizon = rows[0].horizon
            return self._rooms


_ALL = select(*ROOM)
# Transactions are counted with 64 bits, and with the last 32 of them in a row.
_SINCE = "age(CAST(CAST(CAST(:horizon AS bigint) % 4294967296 AS text) AS xid))"
_CHANGED = select(*ROOM, literal_column(_OLDEST).label("horizon")).where(
    text(f"(CAST(:horizon AS bigint) IS NULL OR {_AGE} <= {_SINCE})"), text(f"({_MINE}) IS NOT TRUE")
)
