"""What Ombud's own tables say, asked when a phase is over: how many alerts are due, and whether all counts agree."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import text

from benchmarks.chains import ALERTED, ASSIGNED, Chain
from benchmarks.figures import Check
from benchmarks.tap import Heard
from shared.contracts.topology import SERVICES
from shared.database import Database

_CASES = "SELECT count(*) FROM cases WHERE facts IS NOT NULL"
_ACCEPTED = "SELECT count(*) FROM alerts WHERE state = 'accepted'"
_LETTERS = (  # those in a digest name it; each other is a mail of its own
    "SELECT count(DISTINCT coalesce(provider_id, id)) FROM alerts WHERE state = 'accepted' AND channel = 'email'"
)
_DUE = "SELECT coalesce(sum(json_array_length(recipients)), 0) FROM cases WHERE escalation_id IS NOT NULL"


class Ledger:
    """Reads the tables of the four services; bounded to a few counts, none of them while a phase is at full speed."""

    def __init__(self, chain: Chain):
        urls = {member.name: member.env["OMBUD_DATABASE_URL"] for member in chain.members}
        self._databases = {service: Database(urls[service], service) for service in SERVICES}
        self._ends = chain.ends

    def due_alerts(self, complaints: int) -> int | None:
        """One for each recipient of each escalation; None while there are complaints without a case."""
        if self._count("escalation", _CASES) < complaints:
            return None
        return self._count("escalation", _DUE)

    def checks(self, complaints: int, heard: Sequence[Heard], mails: int) -> list[Check]:
        """complaints: how many were published in all; mails: what the mail sink counted."""
        assigned = [h for h in heard if self._ends[h.type] == ASSIGNED]
        alerts = [h for h in heard if self._ends[h.type] == ALERTED]
        due = self._count("escalation", _DUE)
        return [
            Check("complaints in intake", complaints, self._count("intake", "SELECT count(*) FROM complaints")),
            Check("cases", complaints, self._count("escalation", _CASES)),
            Check("complaints assigned or queued", complaints, len({h.key for h in assigned})),
            Check("decisions about them (none twice)", complaints, len(assigned)),
            Check("assignments in routing", complaints, self._count("routing", "SELECT count(*) FROM assignments")),
            Check("alerts accepted, one per recipient", due, len({h.event_id for h in alerts})),
            Check("events about them (none twice)", due, len(alerts)),
            Check("alerts accepted in notify", due, self._count("notify", _ACCEPTED)),
            Check("alerts in notify", due, self._count("notify", "SELECT count(*) FROM alerts")),
            Check("mails taken by the sink", self._count("notify", _LETTERS), mails),
            *(Check(f"rows in {table}", 0, count) for table, count in self._left_over().items()),
        ]

    def close(self) -> None:
        for database in self._databases.values():
            database.close()

    def _left_over(self) -> Counter[str]:
        tables = ("outbox", "retries", "dead_letters")
        return Counter({t: sum(self._count(s, f"SELECT count(*) FROM {t}") for s in SERVICES) for t in tables})

    def _count(self, service: str, query: str) -> int:
        with self._databases[service].read() as tx:
            return int(tx.connection.scalar(text(query)) or 0)
