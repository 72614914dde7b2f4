"""Who brings what, kept in memory between transactions; part of the Desk."""

from sqlalchemy import bindparam, event, select

from services.routing import tables
from services.routing.domain.roster import Roster
from services.routing.roster.agent_rows import AGENT, agent_from
from shared.database import Transaction


class KnownRoster:
    """Who brings what, kept in memory and brought up to date in each transaction; loads are never kept."""

    def __init__(self) -> None:
        self._roster, self._is_certain = Roster(), True

    def current(self, tx: Transaction) -> Roster:
        """Only what changed is read. A stale answer does no harm: `choosing.py` checks the revision under the lock."""
        roster, self._is_certain = self._roster if self._is_certain else Roster(), True
        roster.change(agent_from(row) for row in tx.execute(_CHANGED, {"known": roster.revision}).all())
        self._roster = roster
        return roster

    def is_changed_by(self, tx: Transaction) -> None:
        """What this transaction reads is not certain yet: if it is rolled back, the next one reads everything anew.

        Otherwise others' changes, which then have the same revision, would never be read.
        """
        event.listen(tx.connection, "rollback", lambda _: self._doubt())

    def _doubt(self) -> None:
        self._is_certain = False

    def name_of(self, agent_id: str) -> str:
        return self._roster[agent_id].name

    def teams_of(self, agent_id: str) -> tuple[str, ...]:
        return self._roster[agent_id].teams


# Built once: putting a statement together takes longer than many a statement.
_CHANGED = select(*AGENT).where(tables.agents.c.revision > bindparam("known"))
