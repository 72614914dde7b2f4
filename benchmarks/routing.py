"""`python -m benchmarks.routing`: what an assignment costs routing, with few agents and with many beside a long line.

The real service on a private RabbitMQ and PostgreSQL. Half of the agents have room: complaints come in for them
(arrivals). The other half is full, and all the others in line wait for them: their complaints are resolved, so that the
first of the line are served (releases). CPU is that of the routing process alone, from the first message until its
outbox is empty.
"""

import random
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import click
import orjson
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from benchmarks import meter, report
from benchmarks.chains import Chain, routing_alone
from benchmarks.figures import Aim
from benchmarks.publish import Publisher
from benchmarks.running import running
from benchmarks.samples import Upstream
from benchmarks.servers import started
from ombud.local.errors import LocalError
from ombud.trouble import Trouble
from services.routing import store, tables
from services.routing.domain.choice import Decision
from services.routing.domain.complaint import Complaint
from services.routing.domain.following import follow
from services.routing.domain.reasons import Reason
from services.routing.domain.roster import Agent
from services.routing.policy import policyfile
from services.routing.roster import agents_store
from services.routing.settings import SHIPPED_POLICY
from shared import clock
from shared.contracts.event import Event, Severity, to_data
from shared.contracts.intake import ComplaintClassified, ComplaintResolved, Customer
from shared.database import Database, Transaction
from shared.tables import outbox

MARKETS = ("cs", "de", "el", "en", "es", "fr", "pl", "zh")  # a language each, and REGIONS of them
REGIONS = 20
SKILLS = 10
ROOMY, FULL = "a", "b"  # the first letter of a skill: whose agents have room, and whose have none
HELD = 10  # complaints of each full agent
PATIENCE = 60.0  # seconds without any progress


@dataclass(frozen=True)
class Size:
    agents: int
    waiting: int

    @property
    def name(self) -> str:
        return f"{self.agents:,} agents, {self.waiting:,} waiting"


SMALL, LARGE = Size(500, 2500), Size(10_000, 100_000)
AIMS = {SMALL: 1.0, LARGE: 2.0}  # CPU milliseconds for an assignment


@dataclass(frozen=True)
class Cost:
    """Of `count` assignments: seconds from the first message to the last, CPU seconds of the routing process."""

    size: Size
    what: str
    count: int
    seconds: float
    cpu: float

    @property
    def each(self) -> float:
        """CPU milliseconds."""
        return 1000 * self.cpu / self.count


@click.command()
@click.option("--arrivals", type=click.IntRange(100), default=5000, show_default=True)
@click.option("--releases", type=click.IntRange(100, 2000), default=2000, show_default=True)
@click.option("--large/--small-only", default=True, help="Also with 10,000 agents and 100,000 waiting complaints.")
def main(arrivals: int, releases: int, large: bool) -> None:
    """The exit code is 0 only if every complaint got an agent."""
    at = clock.now()
    sizes = [SMALL, *([LARGE] if large else [])]
    costs: list[Cost] = []
    try:
        with started("postgresql") as servers:
            for size in sizes:
                chain = routing_alone(servers.room(f"routing{size.agents}"))
                costs += Trial(chain, size).measure(arrivals, releases)
    except (Trouble, LocalError) as error:
        sys.exit(f"bench: {error}")
    reached = [Aim(f"CPU ms, {c.size.name}, {c.what}", c.each, AIMS[c.size], at_least=False) for c in costs]
    show(costs, reached)
    content = {"routing": [asdict(c) | {"cpu_ms_each": c.each} for c in costs], "aims": [asdict(a) for a in reached]}
    click.echo(f"written to {report.write(content, at)}")


class Trial:
    """One size: the tables are filled, then the service is started and given its messages."""

    def __init__(self, chain: Chain, size: Size):
        self._chain, self._size = chain, size
        self._db = Database(chain.members[0].env["OMBUD_DATABASE_URL"], "routing")
        self._random = random.Random(7)
        self._policy = policyfile.read(SHIPPED_POLICY)

    def measure(self, arrivals: int, releases: int) -> list[Cost]:
        held = self._fill()
        with running(self._chain) as members:
            pid = members.roots["routing"]
            publisher = Publisher(self._chain.room.amqp_uri, self._chain.exchange, "")
            self._phase(publisher, pid, "warm-up", [self._arrival(f"w{n}") for n in range(300)])
            came = [self._arrival(f"c{n}") for n in range(arrivals)]
            ended = [ComplaintResolved(id_, 2, clock.now()) for id_ in held[: min(releases, len(held))]]
            costs = [
                self._phase(publisher, pid, "arrivals", came),
                self._phase(publisher, pid, "releases", ended),
            ]
            publisher.close()
        self._db.close()
        return costs

    def _phase(self, publisher: Publisher, pid: int, what: str, events: Sequence[Event]) -> Cost:
        messages = [_message(event) for event in events]
        before = self._assignments()
        cpu, started_at = meter.cpu_seconds(pid), time.monotonic()
        publisher.flood(messages)
        self._wait(lambda: self._assignments() - before >= len(events) and not self._announced())
        seconds = time.monotonic() - started_at
        return Cost(self._size, what, len(events), seconds, meter.cpu_seconds(pid) - cpu)

    def _wait(self, is_done: Callable[[], bool]) -> None:
        """Looks rarely: the looks cost the database, not the service."""
        last, deadline = -1, time.monotonic() + PATIENCE
        while not is_done():
            now = self._assignments()
            if now != last:
                last, deadline = now, time.monotonic() + PATIENCE
            if time.monotonic() > deadline:
                raise Trouble(f"{self._size.name}: no assignment for {PATIENCE:.0f} s, after {now}")
            time.sleep(0.1)

    def _assignments(self) -> int:
        h = tables.history
        with self._db.read() as tx:
            return tx.connection.scalar(select(func.count()).where(h.c.what == "assigned")) or 0

    def _announced(self) -> int:
        with self._db.read() as tx:
            return tx.connection.scalar(select(func.count()).select_from(outbox)) or 0

    def _fill(self) -> list[str]:
        """The agents, half of them full, and the line; the ids of those complaints."""
        agents = [self._agent(n) for n in range(self._size.agents)]
        full = agents[1::2]
        now = clock.now()
        with self._db.transaction() as tx:
            agents_store.put_agents(tx, sorted(agents, key=lambda a: a.id), dict.fromkeys((a.id for a in agents), now))
            tx.execute(tables.agents.update().values(due_at=None))
        held = [self._held(agent, n, now) for agent in full for n in range(HELD)]
        with self._db.transaction() as tx:
            store.add_complaints(tx, held)
            g = tables.agents
            tx.execute(g.update().where(g.c.capacity == HELD).values(load=HELD))
        for start in range(0, self._size.waiting, 5000):
            with self._db.transaction() as tx:
                self._queue(tx, start, now)
        return [c.id for c in held]

    def _queue(self, tx: Transaction, start: int, now: datetime) -> None:
        waiting = []
        for n in range(start, min(start + 5000, self._size.waiting)):
            seeking = self._seeking(f"q{n}", self._random.choice(MARKETS), FULL, now)
            queued = seeking.decided(Decision(None, Reason.ALL_FULL), now)
            waiting.append(queued.queued_in(now - timedelta(seconds=self._size.waiting - n), self._policy))
        store.add_complaints(tx, waiting)

    def _held(self, agent: Agent, number: int, now: datetime) -> Complaint:
        market = next(iter(agent.languages))
        seeking = self._seeking(f"h{agent.id} {number}", market, FULL, now)
        return seeking.decided(Decision(agent.id, Reason.BEST_SCORE), now)

    def _seeking(self, name: str, market: str, group: str, now: datetime) -> Complaint:
        facts = self._classified(name, market, group)
        return follow(Complaint(facts.complaint_id, now), facts, self._policy, now)

    def _agent(self, number: int) -> Agent:
        group = (ROOMY, FULL)[number % 2]
        markets = self._random.sample(MARKETS, 2)
        skills = {f"{group}{n}": self._random.randint(1, 5) for n in self._random.sample(range(SKILLS), 4)}
        regions = tuple(f"{market.upper()}{n}" for market in markets for n in range(REGIONS))
        languages = {market: self._random.randint(1, 5) for market in markets}
        capacity = 10_000 if group == ROOMY else HELD
        return Agent(f"agent{number:05}", f"Agent {number}", skills, languages, regions, capacity)

    def _arrival(self, name: str) -> ComplaintClassified:
        return self._classified(name, self._random.choice(MARKETS), ROOMY)

    def _classified(self, name: str, market: str, group: str) -> ComplaintClassified:
        region = f"{market.upper()}{self._random.randrange(REGIONS)}"
        return ComplaintClassified(
            str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self._size.agents} {name}")),
            1,
            "bench",
            name,
            "email",
            Customer(f"customer {name}", region=region),
            clock.now(),
            market,
            f"{group}{self._random.randrange(SKILLS)}",
            self._random.choice(list(Severity)),
            0.2,
            False,
            1,
            "an excerpt of a text that somebody wrote, of about the length that excerpts have in real life",
            ("en.category.billing",),
            "rules-1",
        )


def _message(event: Event) -> Upstream:
    body = orjson.dumps(to_data(event))
    return Upstream(event.event_id, event.subject, body, event.type, f"/ombud/{event.publisher}")


def show(costs: Sequence[Cost], reached: Sequence[Aim]) -> None:
    table = Table(title="routing", title_justify="left")
    for name in ("", "what", "assignments", "a second", "CPU ms each"):
        table.add_column(name, justify="left" if name in ("", "what") else "right")
    for cost in costs:
        table.add_row(
            cost.size.name, cost.what, f"{cost.count:,}", f"{cost.count / cost.seconds:,.0f}", f"{cost.each:.2f}"
        )
    console = Console(width=110)
    console.print(table)
    report.show_aims(console, reached)


if __name__ == "__main__":
    main()
