"""How many alerts have not ended, and how late the first of them is. Called by usecases.py, for the gauges.

Both are read from the index of the line before the senders alone, of which they read only what is open.
"""

from datetime import datetime

from sqlalchemy import func, or_, select

from services.notify import tables
from services.notify.domain.alert import OPEN, AlertState
from shared.database import Transaction

a = tables.alerts
# In the words of that index: SQLite compares them, and would else read all alerts.
_IS_OPEN = or_(*(a.c.state == state.value for state in AlertState if state in OPEN))
BY_STATE = select(a.c.state, func.count().label("alerts")).where(_IS_OPEN).group_by(a.c.state)
OLDEST = select(func.min(a.c.next_at)).where(a.c.state == AlertState.PENDING.value)


def by_state(tx: Transaction) -> dict[AlertState, int]:
    """Only states that an alert has."""
    return {AlertState(row.state): row.alerts for row in tx.execute(BY_STATE)}


def oldest_due(tx: Transaction) -> datetime | None:
    """From when on the first alert that waits could be sent, which may yet be to come; None = none waits."""
    found: datetime | None = tx.connection.scalar(OLDEST)
    return found
