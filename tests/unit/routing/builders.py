"""Things that the tests of routing are about, with defaults; and an office: routing's use cases on a real database."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import delete, event, func, select

from services.routing import by_hand, deadlines, documents, tables, usecases, workforce
from services.routing.domain.needs import Wanted
from services.routing.domain.policy import Policy, Rule, When
from services.routing.domain.presence import Presence, Said
from services.routing.domain.roster import Agent
from services.routing.placing.desk import Desk
from services.routing.roster.agent_rows import levels
from services.routing.roster.told import AgentTold, PresenceTold
from shared import clock, schema
from shared.contracts.escalation import CaseHandedBack, CaseResolved
from shared.contracts.event import Event, Severity
from shared.contracts.intake import (
    ComplaintAnswered,
    ComplaintClassified,
    ComplaintForgotten,
    ComplaintMerged,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintUpdated,
    Customer,
)
from shared.database import Database, Transaction
from shared.tables import dead_letters, retries

T = TypeVar("T")
MIGRATIONS = Path(usecases.__file__).parent / "migrations"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
MOST_ROUNDS = 100
ONE_EACH = {s: 1 for s in Severity}


def a_rule(name: str = "everything", **changed: Any) -> Rule:
    defaults = {
        "when": When(),
        "wanted": Wanted(),
        "weight": ONE_EACH,
        "priority": {s: s.rank for s in Severity},
        "answer_within": dict.fromkeys(Severity),
    }
    return Rule(name, **{**defaults, **changed})


def a_policy(*rules: Rule, **changed: Any) -> Policy:
    return Policy(**{"version": "test", "rules": rules or (a_rule(),), **changed})


CRITICAL_WEIGHS_TWO = a_policy(a_rule(weight={**ONE_EACH, Severity.CRITICAL: 2}))


def an_agent(
    id_: str = "eva",
    skills: Iterable[str] | Mapping[str, int] = ("billing",),
    languages: Iterable[str] | Mapping[str, int] = ("cs",),
    regions: Iterable[str] = ("CZ",),
    capacity: int = 5,
    revision: int = 1,
    **more: Any,
) -> Agent:
    return Agent(
        id_, id_.title(), _levels(skills), _levels(languages), tuple(regions), capacity, revision=revision, **more
    )


def _levels(words: Iterable[str] | Mapping[str, int]) -> dict[str, int]:
    return levels(words if isinstance(words, Mapping) else list(words))


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
    customer: str | None = None,
    **more: Any,
) -> ComplaintClassified | ComplaintUpdated:
    return kind(
        id_,
        revision,
        "shop",
        id_,
        "web",
        Customer(customer, region=region, language=customer_language),
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
        **more,
    )


def updated(id_: str = "c1", revision: int = 2, **changed: Any) -> ComplaintClassified | ComplaintUpdated:
    return classified(id_, revision, kind=ComplaintUpdated, **changed)


def resolved(id_: str = "c1", revision: int = 2) -> ComplaintResolved:
    return ComplaintResolved(id_, revision, NOON)


def reopened(id_: str = "c1", revision: int = 3) -> ComplaintReopened:
    return ComplaintReopened(id_, revision, NOON)


def answered(id_: str = "c1", revision: int = 2) -> ComplaintAnswered:
    return ComplaintAnswered(id_, revision, NOON)


def merged(id_: str = "c1", revision: int = 2) -> ComplaintMerged:
    return ComplaintMerged(id_, revision, NOON, "c9")


def forgotten(id_: str = "c1", revision: int = 2) -> ComplaintForgotten:
    return ComplaintForgotten(id_, revision, NOON)


def case_resolved(id_: str = "c1", seen: int = 1) -> CaseResolved:
    """seen: the newest revision of the complaint that the case knew."""
    return CaseResolved(id_, 4, NOON, 1, complaint_revision=seen)


def handed_back(id_: str = "c1", case_revision: int = 5, *, note: str | None = None, **needs: str) -> CaseHandedBack:
    return CaseHandedBack(id_, case_revision, "petr.svoboda", NOON, 1, needs=needs, note=note)


class OnePolicy:
    """In the place of the book that reads files."""

    def __init__(self, policy: Policy):
        self.current, self.document = policy, f"# {policy.version}"


class Office:
    """Routing without its doors: what is told, swept and asked here runs in transactions of their own.

    at: the time that these transactions have; None = the real one.
    """

    def __init__(self, url: str, *, start_over: bool = True):
        schema.migrate(url, "routing", MIGRATIONS)
        self.db = Database(url, "routing")
        if not self.db.is_postgres:
            # These offices burn down with their tests: nothing has to reach the disk.
            event.listen(self.db.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        self.db.announce_with(lambda _tx, announced: self.announced.extend(event for event, _ in announced))
        self.at: datetime | None = None
        self.under(a_policy())
        if start_over:
            self.start_over()

    def under(self, policy: Policy) -> None:
        """Forgets what it announced, and decides by this policy from now on."""
        self.announced: list[Event] = []
        self.woken: set[str] = set()
        self.desk = Desk(OnePolicy(policy))  # type: ignore[arg-type]

    def start_over(self, policy: Policy | None = None) -> None:
        """As on the first day: nobody employed, nothing known."""
        self.at = None
        self.under(policy or a_policy())
        with self.db.transaction() as tx:
            for table in (tables.assignments, tables.agents, tables.history, tables.policies, retries, dead_letters):
                tx.execute(delete(table))

    def run(self, work: Callable[[Transaction], T]) -> T:
        with self.db.transaction() as tx:
            if self.at is not None:
                tx.now = self.at
            done = work(tx)
            self.woken |= tx.wakes
        return done

    def employ(self, *agents: Agent) -> None:
        for agent in agents:
            self.run(lambda tx, agent=agent: workforce.apply_agents(tx, self.desk, [AgentTold(agent)]))  # type: ignore[misc]

    def say(self, agent_id: str, presence: Presence, until: datetime | None = None, at: datetime | None = None) -> None:
        def work(tx: Transaction) -> None:
            workforce.set_presences(tx, self.desk, [PresenceTold(agent_id, Said(presence, at or tx.now, until))])

        self.run(work)

    def tell(self, *events: usecases.Heard) -> None:
        """All in one batch."""
        self.run(lambda tx: usecases.follow_complaints(tx, self.desk, events))

    def advance(self, **time: float) -> None:
        """Lets time pass, and everything that is due then happen."""
        self.at = (self.at or clock.now()) + timedelta(**time)
        self.settle()

    def settle(self) -> int:
        """All ticks, again and again until none has anything left to do; the number of things done."""
        ticks = (
            workforce.follow_agents,
            deadlines.empty_desks,
            deadlines.relax_waiting,
            deadlines.take_back_unanswered,
            deadlines.reread_waiting,
            usecases.assign_waiting,
        )
        total = 0
        for _ in range(MOST_ROUNDS):
            done = sum(self.run(lambda tx, tick=tick: tick(tx, self.desk)) for tick in ticks)  # type: ignore[misc]
            total += done
            if not done:
                return total
        raise AssertionError("the ticks always find something to do")

    def sweep(self) -> int:
        """One turn of the tick, and again until nothing is left to do; the number of decisions."""
        total = 0
        while done := self.run(lambda tx: usecases.assign_waiting(tx, self.desk)):
            total += done
        return total

    def accept(self, id_: str = "c1", agent: str = "eva") -> None:
        self.run(lambda tx: by_hand.accept(tx, self.desk, id_, agent, agent, None))

    def decline(self, id_: str = "c1", agent: str = "eva") -> None:
        self.run(lambda tx: by_hand.decline(tx, self.desk, id_, agent, agent, "no time"))

    def assign(self, id_: str, agent: str, *, force: bool = False) -> None:
        self.run(lambda tx: by_hand.assign(tx, self.desk, id_, agent, "petr.svoboda", None, force=force))

    def restart(self) -> None:
        """Another process takes over: it knows what is in the tables."""
        self.desk = Desk(self.desk.policies)

    def hand_back(self, id_: str = "c1", **needs: Any) -> None:
        self.run(lambda tx: by_hand.hand_back(tx, self.desk, id_, needs, "petr.svoboda", None))

    def assignment(self, id_: str = "c1", asked: str | None = None) -> dict[str, Any]:
        with self._reading() as tx:
            return documents.find_assignment(tx, self.desk, id_, asked)

    @contextmanager
    def _reading(self) -> Iterator[Transaction]:
        with self.db.read() as tx:
            if self.at is not None:
                tx.now = self.at
            yield tx

    def agent_of(self, id_: str = "c1") -> str | None:
        agent = self.assignment(id_)["agent"]
        return agent["id"] if agent else None

    def queue(self) -> list[dict[str, Any]]:
        with self._reading() as tx:
            complaints: list[dict[str, Any]] = documents.queue(tx, self.desk, 1000)["complaints"]
            return complaints

    def summary(self) -> dict[str, Any]:
        with self._reading() as tx:
            return documents.summary(tx, self.desk)

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
