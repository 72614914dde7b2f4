"""Things that the tests of routing are about, with defaults; and an office: routing's use cases on a real database."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select

from services.routing import documents, tables, usecases
from services.routing.domain.complaint import ComplaintEvent
from services.routing.domain.needs import LanguageFrom, Policy, RegionFrom, SkillFrom
from services.routing.domain.roster import Agent
from services.routing.placing import Desk
from services.routing.roster_store import KnownRoster
from shared import schema
from shared.contracts.escalation import CaseResolved
from shared.contracts.event import Event, Severity
from shared.contracts.intake import (
    ComplaintClassified,
    ComplaintForgotten,
    ComplaintMerged,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintUpdated,
    Customer,
)
from shared.database import Database

MIGRATIONS = Path(usecases.__file__).parent / "migrations"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
ONE_EACH = {s: 1 for s in Severity}


def a_policy(**changed: Any) -> Policy:
    defaults = {
        "version": "test",
        "skill": SkillFrom.CATEGORY,
        "language": LanguageFrom.CUSTOMER_OR_TEXT,
        "region": RegionFrom.CUSTOMER,
        "weight": ONE_EACH,
        "priority": {s: s.rank for s in Severity},
    }
    return Policy(**{**defaults, **changed})


CRITICAL_WEIGHS_TWO = a_policy(weight={**ONE_EACH, Severity.CRITICAL: 2})


def an_agent(
    id_: str = "eva",
    skills: Iterable[str] = ("billing",),
    languages: Iterable[str] = ("cs",),
    regions: Iterable[str] = ("CZ",),
    capacity: int = 5,
    revision: int = 1,
) -> Agent:
    return Agent(id_, id_.title(), tuple(skills), tuple(languages), tuple(regions), capacity, revision)


def classified(
    id_: str = "c1",
    revision: int = 1,
    *,
    kind: type[ComplaintClassified | ComplaintUpdated] = ComplaintClassified,
    category: str = "billing",
    severity: Severity = Severity.LOW,
    region: str | None = "CZ",
    customer_language: str | None = None,
    language: str = "cs",
) -> ComplaintClassified | ComplaintUpdated:
    return kind(
        id_,
        revision,
        "shop",
        id_,
        "web",
        Customer(region=region, language=customer_language),
        NOON,
        language,
        category,
        severity,
        0.1,
        False,
        1,
        "excerpt",
        (),
        "rules-1",
    )


def updated(id_: str = "c1", revision: int = 2, **changed: Any) -> ComplaintClassified | ComplaintUpdated:
    return classified(id_, revision, kind=ComplaintUpdated, **changed)


def resolved(id_: str = "c1", revision: int = 2) -> ComplaintResolved:
    return ComplaintResolved(id_, revision, NOON)


def reopened(id_: str = "c1", revision: int = 3) -> ComplaintReopened:
    return ComplaintReopened(id_, revision, NOON)


def merged(id_: str = "c1", revision: int = 2) -> ComplaintMerged:
    return ComplaintMerged(id_, revision, NOON, "c9")


def forgotten(id_: str = "c1", revision: int = 2) -> ComplaintForgotten:
    return ComplaintForgotten(id_, revision, NOON)


def case_resolved(id_: str = "c1", seen: int = 1) -> CaseResolved:
    """seen: the newest revision of the complaint that the case knew."""
    return CaseResolved(id_, 4, NOON, 1, complaint_revision=seen)


class Office:
    """Routing without its doors: what is told, swept and asked here runs in transactions of their own."""

    def __init__(self, url: str, *, start_over: bool = True):
        schema.migrate(url, "routing", MIGRATIONS)
        self.db = Database(url, "routing")
        self.db.announce_with(lambda _tx, announced: self.announced.extend(event for event, _ in announced))
        self.under(a_policy())
        if start_over:
            self.start_over()

    def under(self, policy: Policy) -> None:
        """Forgets what it announced, and decides by this policy from now on."""
        self.announced: list[Event] = []
        self.woken: set[str] = set()
        self.desk = Desk(policy, KnownRoster())

    def start_over(self, policy: Policy | None = None) -> None:
        """As on the first day: nobody employed, nothing known."""
        self.under(policy or a_policy())
        with self.db.transaction() as tx:
            for table in (tables.assignments, tables.agents):
                tx.execute(delete(table))

    def employ(self, *agents: Agent) -> None:
        for agent in agents:
            with self.db.transaction() as tx:
                usecases.apply_agent(tx, agent)
                self.woken |= tx.wakes

    def tell(self, *events: ComplaintEvent) -> None:
        """All in one batch."""
        with self.db.transaction() as tx:
            usecases.follow_complaints(tx, self.desk, events)
            self.woken |= tx.wakes

    def sweep(self) -> int:
        """One turn of the tick, and again until nothing is left to do; the number of decisions."""
        total = 0
        while True:
            with self.db.transaction() as tx:
                done = usecases.assign_waiting(tx, self.desk)
            total += done
            if not done:
                return total

    def assignment(self, id_: str = "c1") -> dict[str, Any]:
        with self.db.read() as tx:
            return documents.find_assignment(tx, id_)

    def agent_of(self, id_: str = "c1") -> str | None:
        agent = self.assignment(id_)["agent"]
        return agent["id"] if agent else None

    def queue(self) -> list[dict[str, Any]]:
        with self.db.read() as tx:
            complaints: list[dict[str, Any]] = documents.queue(tx, 1000)["complaints"]
            return complaints

    def summary(self) -> dict[str, Any]:
        with self.db.read() as tx:
            return documents.summary(tx)

    def loads(self) -> dict[str, int]:
        g = tables.agents
        with self.db.read() as tx:
            return {row.id: row.load for row in tx.execute(select(g.c.id, g.c.load))}

    def held(self) -> dict[str, int]:
        """What the loads must be: for each agent the weights of the complaints that they have."""
        a, g = tables.assignments, tables.agents
        weights = (
            select(a.c.agent_id, func.sum(a.c.weight).label("held"))
            .where(a.c.state == "assigned")
            .group_by(a.c.agent_id)
        )
        with self.db.read() as tx:
            held = {row.agent_id: row.held for row in tx.execute(weights)}
            return {row.id: held.get(row.id, 0) for row in tx.execute(select(g.c.id))}

    def close(self) -> None:
        self.db.close()
