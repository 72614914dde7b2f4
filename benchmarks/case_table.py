"""Escalation's table of cases, filled beforehand: those due some day, and those about to fall due. For deadlines.py."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import text

from services.escalation import tables
from services.escalation.cases import store
from services.escalation.domain.case import Case, CaseState, escalation_id
from services.escalation.domain.people import Role, Supervisor
from services.escalation.domain.told import Moment, Told
from services.escalation.domain.watching import refreshed
from services.escalation.people import supervisors
from services.escalation.policy.policybook import PolicyBook
from services.escalation.settings import SHIPPED_POLICY
from shared.contracts.escalation import AlertFacts, EscalationReason
from shared.contracts.event import Severity
from shared.database import Database, Transaction

c = tables.cases
LEAD = timedelta(seconds=3)  # between the last row written and the first that is due
SOME_DAY = timedelta(days=30)
PEOPLE = tuple(
    Supervisor(f"{role.value}{n}", f"{role.value} {n}", role, ("CZ", "DE"), ("cs", "de"))
    for role in Role
    for n in (1, 2)
)
FACTS = AlertFacts(
    source="bench",
    external_id="waiting",
    channel="email",
    received_at=datetime.fromisoformat("2026-11-26T08:00:00Z"),
    language="cs",
    category="billing",
    anger=0.2,
    asks_kind="supervisor",
    excerpt="an excerpt of a text that somebody wrote, of about the length that excerpts have in real life",
    region="CZ",
)


class CaseTable:
    """The table of a service that is still away, with so many cases that wait."""

    def __init__(self, url: str, waiting: int):
        self._db, self._waiting, self._made = Database(url, "escalation"), waiting, 0
        self._book = PolicyBook(SHIPPED_POLICY)

    def close(self) -> None:
        self._db.close()

    def fill(self) -> None:
        """Copies of one open case, due some day of the month that begins tomorrow."""
        with self._db.transaction() as tx:
            supervisors.add(tx, PEOPLE)
            self._book.keep_current(tx)
            store.add_cases(tx, [self._open_case(tx)])
        names = [column.name for column in c.columns]
        changed = {
            "id": "gen_random_uuid()::text",
            "due_at": f"clock_timestamp() + interval '1 day' + random() * interval '{SOME_DAY.days} days'",
            # Not all today: so many alike within minutes are a storm, and speak through one case.
            "opened_at": f"clock_timestamp() - interval '1 day' - random() * interval '{SOME_DAY.days} days'",
            "severity": "n % 4",
        }
        chosen = ", ".join(changed.get(name, f'"{name}"') for name in names)
        columns = ", ".join(f'"{name}"' for name in names)
        with self._db.transaction() as tx:
            tx.execute(text("SET LOCAL statement_timeout = 0"))
            tx.execute(
                text(f"INSERT INTO cases ({columns}) SELECT {chosen} FROM cases, generate_series(2, :waiting) AS n"),
                {"waiting": self._waiting},
            )
        with self._db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SET statement_timeout = 0"))
            connection.execute(text("VACUUM ANALYZE cases"))

    def _open_case(self, tx: Transaction) -> Case:
        case = Case(
            _id("waiting"),
            CaseState.OPEN,
            revision=1,
            policy_version=self._book.current.version,
            facts=FACTS,
            told=Told(first_at=tx.now, contacts=(Moment(1, tx.now),)),
            opened_at=tx.now,
            since=tx.now,
            facts_revision=1,
        )
        return refreshed(case, self._book.current)

    def make_due(self, count: int, apart: timedelta) -> dict[str, datetime]:
        """Cases that nobody at level 1 will have answered; when each is due, by id."""
        with self._db.transaction() as tx:
            start = tx.now + LEAD + timedelta(milliseconds=2) * count
            model = self._open_case(tx)
            cases = [self._escalated(model, n, start + n * apart) for n in range(count)]
            store.add_cases(tx, cases)
        self._made += count
        return {case.id: case.respond_by for case in cases if case.respond_by}

    def _escalated(self, model: Case, number: int, respond_by: datetime) -> Case:
        id_ = _id(f"{self._waiting} {self._made + number}")
        return replace(
            model,
            id=id_,
            state=CaseState.ESCALATED,
            severity=tuple(Severity)[number % len(Severity)],
            ladder="standard",
            level=1,
            round=1,
            reason=EscalationReason.ASKED,
            trigger=EscalationReason.ASKED,
            escalation_id=escalation_id(id_, 1, 1),
            recipients=("supervisor1",),
            respond_by=respond_by,
            escalated_at=model.opened_at,
            opened_at=respond_by - SOME_DAY,
        )


def _id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))
