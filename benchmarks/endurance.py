"""`make endure`: complaints at an even rate for half an hour: does anything grow that should not?

The four services on private servers. Each complaint is resolved two minutes after it came, as it would be in a day's
work, so that what is open stays the same number. Looked at all the while: memory and handles of each service, what
waits in queues and outboxes. Compared are the middle and the last third: the first fills the caches.
"""

import signal
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from typing import Any

import click
import orjson
import psutil
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from benchmarks import chains, report
from benchmarks.chains import Chain
from benchmarks.figures import Aim, Check
from benchmarks.publish import Publisher
from benchmarks.running import Running, apply_roster, running
from benchmarks.samples import SOURCE, Upstream, documents_of, people_of, roomy_roster, upstream
from benchmarks.servers import PROJECT, Servers, started
from ombud.local.errors import LocalError
from ombud.run.stack import wait_for
from ombud.screen import bar
from ombud.trouble import Trouble
from shared import clock
from shared.contracts.topology import SERVICES
from shared.database import Database

SAMPLES = PROJECT / "samples"
LOOK_EVERY, RESOLVED_AFTER = 15, 120  # seconds
DONE_WITHIN = 120.0
GROWS, MORE = 1.05, 10  # of 160 MB these are 8; a pool may open a connection or two late
WAITS = 60  # messages or rows at a look; two seconds' worth

_COUNTS = {
    "complaints in intake": ("intake", "SELECT count(*) FROM complaints"),
    "complaints with a case": ("escalation", "SELECT count(*) FROM cases WHERE facts IS NOT NULL"),
    "complaints in routing": ("routing", "SELECT count(*) FROM assignments"),
    "resolved in escalation": ("escalation", "SELECT count(*) FROM cases WHERE state = 'resolved'"),
}
_NONE = {
    "alerts without an end": ("notify", "SELECT count(*) FROM alerts WHERE ended_at IS NULL"),
    **{f"retries of {service}": (service, "SELECT count(*) FROM retries") for service in SERVICES},
    **{f"dead letters of {service}": (service, "SELECT count(*) FROM dead_letters") for service in SERVICES},
}
_OUTBOX = "SELECT count(*) FROM outbox"


@dataclass(frozen=True)
class Look:
    """at: seconds since the start. memory: MB resident; handles: open files, connections and threads, by service.
    queues, outbox: what waits in all of them.
    """

    at: int
    memory: Mapping[str, float]
    handles: Mapping[str, int]
    queues: int
    outbox: int


class Watch:
    """Looks at the processes from outside, and at the tables with connections of its own."""

    def __init__(self, chain: Chain, members: Running):
        self._members = members
        self._processes = {name: psutil.Process(pid) for name, pid in members.roots.items()}
        self._databases = {m.name: Database(m.env["OMBUD_DATABASE_URL"], m.name) for m in chain.members}

    def look(self, at: int) -> Look:
        self._members.require_alive()
        return Look(
            at,
            self._each(lambda process: process.memory_info().rss / 2**20),
            self._each(lambda process: process.num_fds() + process.num_threads()),
            sum(self._members.depths().values()),
            sum(self.count(service, _OUTBOX) for service in SERVICES),
        )

    def count(self, service: str, query: str) -> int:
        with self._databases[service].read() as tx:
            return int(tx.connection.scalar(text(query)) or 0)

    def close(self) -> None:
        for database in self._databases.values():
            database.close()

    def _each(self, measure: Callable[[psutil.Process], Any]) -> dict[str, Any]:
        return {name: measure(process) for name, process in self._processes.items()}


@click.command()
@click.option("--minutes", type=click.IntRange(3, 240), default=30, show_default=True)
@click.option("--rate", type=click.IntRange(1, 200), default=30, show_default=True, help="Complaints a second.")
@click.option("--database", type=click.Choice(["postgresql", "sqlite"]), default="postgresql", show_default=True)
def main(minutes: int, rate: int, database: str) -> None:
    """The exit code is 0 only if nothing was lost, and every aim was reached."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    at = clock.now()
    try:
        with started(database) as servers:
            looks, checks = _endure(servers, minutes * 60, rate)
    except (Trouble, LocalError) as error:
        sys.exit(f"endurance: {error}")
    reached = aims(looks)
    show(looks, checks, reached)
    found: dict[str, Sequence[Any]] = {"looks": looks, "checks": checks, "aims": reached}
    content = {name: [asdict(each) for each in all_of_it] for name, all_of_it in found.items()}
    click.echo(f"written to {report.write(content, at)}")
    if not all(check.is_right for check in checks) or not all(aim.is_met for aim in reached):
        sys.exit(1)


def _endure(servers: Servers, seconds: int, rate: int) -> tuple[list[Look], list[Check]]:
    chain = chains.ombud(servers.room("endurance"), servers.sink.url)
    with (SAMPLES / "complaints.jsonl").open("rb") as lines:
        documents = documents_of(lines)
    with ExitStack() as stack:
        members = stack.enter_context(running(chain))
        apply_roster(chain, roomy_roster(people_of(SAMPLES / "roster.yml"), documents))
        publisher = stack.enter_context(closing(Publisher(chain.room.amqp_uri, chain.exchange, chain.type)))
        watch = stack.enter_context(closing(Watch(chain, members)))
        complaints = upstream(documents, "e", seconds * rate)
        return _feed(publisher, watch, complaints, rate), _checks(watch, len(complaints))


def _feed(publisher: Publisher, watch: Watch, complaints: Sequence[Upstream], rate: int) -> list[Look]:
    """One look before, and one after each portion; what came two minutes ago is resolved with the next one."""
    size = LOOK_EVERY * rate
    portions = [complaints[start : start + size] for start in range(0, len(complaints), size)]
    behind = RESOLVED_AFTER // LOOK_EVERY
    looks = [watch.look(0)]
    with bar("endurance", len(complaints)) as advance:
        for number, portion in enumerate(portions, start=1):
            past = portions[number - behind - 1] if number > behind else ()
            both = (
                [each for pair in zip(portion, map(_resolved, past), strict=True) for each in pair] if past else portion
            )
            publisher.pace(both, rate * len(both) / len(portion))
            looks.append(watch.look(number * LOOK_EVERY))
            advance(number * len(portion))
    publisher.flood([_resolved(each) for portion in portions[-behind:] for each in portion])
    return looks


def _resolved(complaint: Upstream) -> Upstream:
    external_id = orjson.loads(complaint.body)["external_id"]
    body = orjson.dumps({"source": SOURCE, "external_id": external_id})
    return Upstream(f"{complaint.id}-resolved", complaint.key, body, "complaint.resolved")


def _checks(watch: Watch, complaints: int) -> list[Check]:
    """Once everything has come to rest, or should have."""

    def checks() -> list[Check]:
        found = [Check(what, complaints, watch.count(*where)) for what, where in _COUNTS.items()]
        found += [Check(what, 0, watch.count(*where)) for what, where in _NONE.items()]
        return [*found, Check("rows in outboxes", 0, sum(watch.count(service, _OUTBOX) for service in SERVICES))]

    wait_for(lambda: all(check.is_right for check in checks()), DONE_WITHIN)
    return checks()


def aims(looks: Sequence[Look]) -> list[Aim]:
    """The middle value of the last third, held against that of the third before."""
    third = len(looks) // 3
    before, last = looks[third : 2 * third], looks[-third:]
    found = []
    for service in looks[0].memory:
        was, now = (statistics.median(look.memory[service] for look in part) for part in (before, last))
        found.append(Aim(f"memory of {service}, last third by the one before", now / was, GROWS, at_least=False))
        was, now = (statistics.median(look.handles[service] for look in part) for part in (before, last))
        found.append(Aim(f"handles of {service} more than in the third before", now - was, MORE, at_least=False))
    for what in ("queues", "outbox"):
        now = statistics.median(getattr(look, what) for look in last)
        found.append(Aim(f"waiting in {what}, last third", now, WAITS, at_least=False))
    return found


def show(looks: Sequence[Look], checks: Sequence[Check], reached: Sequence[Aim]) -> None:
    console = Console(width=120)
    services = list(looks[0].memory)
    columns = [f"{service} {unit}" for service in services for unit in ("MB", "handles")]
    table = Table("minute", *columns, "in queues", "in outboxes", title="what grew", title_justify="left")
    for look in looks[:: max(1, len(looks) // 10)]:
        each = [f for s in services for f in (f"{look.memory[s]:.0f}", str(look.handles[s]))]
        table.add_row(f"{look.at / 60:.1f}", *each, str(look.queues), str(look.outbox))
    console.print(table)
    for check in checks:
        console.print(
            f"{'right' if check.is_right else '[red]WRONG[/]'} {check.what}: {check.found} of {check.expected}"
        )
    report.show_aims(console, reached)


if __name__ == "__main__":
    main()
