"""Escalation's use cases on a real database, with what they announced; used by the use-case tests of both databases."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from services.escalation import doors, store, supervisors, usecases
from services.escalation.domain.case import Case
from services.escalation.domain.ladder import Supervisor
from services.escalation.policybook import PolicyBook
from services.escalation.settings import SHIPPED_POLICY
from shared.contracts.event import Event
from shared.database import Database, Transaction
from shared.schema import migrate
from tests.harness.clock import set_shift
from tests.unit.escalation.builders import EVERYBODY

MIGRATIONS = SHIPPED_POLICY.parent / "migrations"


def migrated(url: str) -> str:
    migrate(url, "escalation", MIGRATIONS)
    return url


class Desk:
    """`announced` holds what was committed, in order; `jump` moves the clock of this process. The schema must exist."""

    def __init__(self, url: str, clock_file: Path, people: tuple[Supervisor, ...] = EVERYBODY):
        self.url = url
        self.db = Database(url, "escalation")
        self.book = PolicyBook(SHIPPED_POLICY.read_text(), "policy.yml")
        self.announced: list[Event] = []
        self.traces: dict[str, str] = {}
        self._clock_file, self._shift = clock_file, timedelta(0)
        self.db.announce_with(self._keep)
        for person in people:
            self.db.run(lambda tx, person=person: supervisors.save(tx, person))  # type: ignore[misc]

    def _keep(self, tx: Transaction, announced: list[tuple[Any, bool]]) -> None:
        self.announced += [event for event, _ in announced]
        self.traces |= tx.traces

    def jump(self, by: timedelta) -> None:
        self._shift += by
        set_shift(self._clock_file, self._shift)

    def hear(self, *events: Event, trace: str | None = None) -> None:
        """What intake tells, in one batch."""
        with self.db.transaction() as tx:
            tx.traces.update({event.subject: trace for event in events if trace})
            usecases.take_complaints(tx, self.book, events)  # type: ignore[arg-type]

    def hear_alerts(self, *events: Any) -> None:
        with self.db.transaction() as tx:
            usecases.take_alerts(tx, self.book, events)

    def hear_owners(self, *events: Any) -> None:
        with self.db.transaction() as tx:
            usecases.note_owners(tx, events)

    def tick(self) -> int:
        with self.db.transaction() as tx:
            return usecases.climb_due(tx, self.book)

    def take(self, case_id: str, person: str) -> usecases.Answer:
        return self.db.run(lambda tx: usecases.take_case(tx, case_id, person))

    def case(self, case_id: str) -> Case:
        with self.db.read() as tx:
            found = store.find_case(tx, case_id)
        assert found is not None
        return found

    def timeline(self, case_id: str) -> list[str]:
        with self.db.read() as tx:
            return [row["what"] for row in store.timeline(tx, case_id)]

    def summary(self) -> dict[str, Any]:
        with self.db.read() as tx:
            return doors.summary(tx)

    def told(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.announced if isinstance(event, kind)]
