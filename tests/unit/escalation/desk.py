"""Escalation's use cases on a real database, with what they announced; used by the use-case tests on both databases."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, text

from services.escalation import tables, usecases
from services.escalation.answers import answering
from services.escalation.answers.answering import Answered, Decide
from services.escalation.cases import store
from services.escalation.domain import answers
from services.escalation.domain.case import Case
from services.escalation.domain.people import Supervisor
from services.escalation.doors import cases, overview
from services.escalation.people import supervisors
from services.escalation.policy.policybook import PolicyBook
from services.escalation.settings import SHIPPED_POLICY
from services.escalation.storms import storming
from services.escalation.watch import audit
from shared import clock
from shared import tables as plumbing
from shared.contracts.event import Event
from shared.contracts.routing import ComplaintAssigned, ComplaintQueued
from shared.database import Database, Transaction
from shared.schema import migrate
from tests.harness.clock import set_shift
from tests.harness.servers import patient
from tests.unit.escalation.builders import EVERYBODY

MIGRATIONS = SHIPPED_POLICY.parent / "migrations"


def migrated(url: str) -> str:
    migrate(url, "escalation", MIGRATIONS)
    return url


class Desk:
    """`announced` holds what was committed, in order; `jump` moves the clock of this process. The schema must exist.

    policy: the text of a policy; without it the shipped one.
    """

    def __init__(self, url: str, folder: Path):
        self.url, self.folder = url, folder
        self.db = Database(url, "escalation")
        if self.db.is_postgres:
            patient(self.db)
        else:
            # These desks burn down with their tests: nothing has to reach the disk.
            event.listen(self.db.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        self.db.announce_with(self._keep)

    def start_over(self, people: tuple[Supervisor, ...] = EVERYBODY, policy: str | None = None) -> None:
        """As on the first day, with these people, under this policy."""
        self._empty()
        self.announced: list[Event] = []
        self.again: list[Event] = []
        self.traces: dict[str, str] = {}
        self._shift = timedelta(0)
        clock.shift_from(self.folder / "clock")
        set_shift(self.folder / "clock", self._shift)
        self.under(policy or SHIPPED_POLICY.read_text())
        for person in people:
            self.db.run(lambda tx, person=person: supervisors.save(tx, person))  # type: ignore[misc]

    def under(self, policy: str) -> None:
        """New cases follow this policy."""
        file = self.folder / "policy.yml"
        file.write_text(policy)
        self.book = PolicyBook(file)

    def _empty(self) -> None:
        with self.db.transaction() as tx:
            names = [*tables.metadata.tables, plumbing.retries.name, plumbing.dead_letters.name]
            if tx.is_postgres:
                # The timeline refuses it otherwise.
                tx.execute(text("SET LOCAL session_replication_role = replica"))
                tx.execute(text(f"TRUNCATE {', '.join(names)}"))
                return
            (guard,) = tx.execute(text("SELECT sql FROM sqlite_master WHERE name = 'append_only_delete'")).scalars()
            tx.execute(text("DROP TRIGGER append_only_delete"))
            for name in names:
                tx.execute(text(f"DELETE FROM {name}"))
            tx.execute(text(guard))

    def _keep(self, tx: Transaction, announced: list[tuple[Any, bool]]) -> None:
        self.announced += [event for event, _ in announced]
        self.again += [event for event, again in announced if again]
        self.traces |= tx.traces

    def jump(self, by: timedelta) -> None:
        self._shift += by
        set_shift(self.folder / "clock", self._shift)

    @property
    def now(self) -> datetime:
        return clock.now()

    def hear(self, *events: Event, trace: str | None = None) -> None:
        """What intake tells, in one batch."""
        with self.db.transaction() as tx:
            tx.traces.update({event.subject: trace for event in events if trace})
            usecases.take_complaints(tx, self.book, events)  # type: ignore[arg-type]

    def hear_alerts(self, *events: Any) -> None:
        with self.db.transaction() as tx:
            usecases.take_alerts(tx, self.book, events)

    def hear_owners(self, *events: ComplaintAssigned | ComplaintQueued) -> None:
        with self.db.transaction() as tx:
            usecases.take_owners(tx, self.book, events)

    def tick(self) -> int:
        with self.db.transaction() as tx:
            return usecases.climb_due(tx, self.book)

    def settle(self) -> int:
        """The tick until nothing is due; the number of steps."""
        return sum(iter(self.tick, 0))

    def watch_storms(self) -> int:
        """As the two ticks do, each in a transaction of its own."""
        with self.db.transaction() as tx:
            joined = storming.watch_storms(tx, self.book)
        with self.db.transaction() as tx:
            return joined + storming.resolve_parts(tx, self.book)

    def audit(self) -> dict[audit.Finding, int]:
        with self.db.transaction() as tx:
            return audit.audit(tx, self.book)

    def answer(self, case_id: str, decide: Decide, note: str | None = None) -> Answered:
        return self.db.run(lambda tx: answering.answer_case(tx, self.book, case_id, decide, note))

    def take(self, case_id: str, person: str) -> Answered:
        return self.answer(case_id, lambda case, setting: answers.acknowledge(case, person, setting))

    def link(self, case_id: str, parent_id: str, person: str) -> Answered:
        return self.db.run(lambda tx: answering.link_case(tx, self.book, case_id, parent_id, person, None))

    def case(self, case_id: str) -> Case:
        with self.db.read() as tx:
            found = store.find_case(tx, case_id)
        assert found is not None
        return found

    def timeline(self, case_id: str) -> list[str]:
        with self.db.read() as tx:
            return [row["what"] for row in store.timeline(tx, case_id)]

    def rows(self, case_id: str) -> list[dict[str, Any]]:
        with self.db.read() as tx:
            return cases.timeline(tx, case_id)

    def summary(self) -> dict[str, Any]:
        with self.db.read() as tx:
            return overview.summary(tx)

    def told(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.announced if isinstance(event, kind)]
