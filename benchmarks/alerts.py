"""`python -m benchmarks.alerts`: what an alert by mail costs the notify service, how many leave in a second, how soon.

The real service on a private RabbitMQ and PostgreSQL, with as many contacts as there are alerts in a phase, so that
nothing is gathered. Three phases: many at once to a mail server that answers at once (cost), many at once to one that
takes a while for each message (throughput), and so many a second (latency, from the publish of `case.escalated` until
`alert.accepted` comes out of the broker).
"""

import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta

import click
import orjson
from rich.console import Console
from rich.table import Table

from benchmarks import meter, report
from benchmarks.case_table import FACTS
from benchmarks.chains import Chain, notify_alone
from benchmarks.figures import SERVERS, Aim, Latency, latency
from benchmarks.publish import Publisher, Stamps
from benchmarks.running import running
from benchmarks.samples import Upstream
from benchmarks.servers import Servers, started
from benchmarks.slow_sink import SlowSink
from benchmarks.tap import Heard, Tap
from ombud.local.errors import LocalError
from ombud.trouble import Trouble
from services.notify.domain.alert import ChannelName
from services.notify.domain.contact import Contact
from services.notify.people import contacts
from shared import clock
from shared.contracts.escalation import CaseEscalated, EscalationReason
from shared.contracts.event import Severity, to_data
from shared.database import Database

COST, THROUGHPUT, LATENCY = "at once", "at once, slow server", "paced"
WARM_UP = 300
SLOWLY = 0.05  # seconds that the slow mail server takes for a message
PATIENCE, LONGEST = 20.0, 60.0  # seconds: without any progress; of one phase
LIMIT_CPU, LIMIT_RATE, LIMIT_P50 = 2.0, 300.0, 100.0


@dataclass(frozen=True)
class Phase:
    """Of `count` alerts: CPU milliseconds of each process for one, how many a second, milliseconds until accepted."""

    what: str
    count: int
    per_second: float
    cpu_ms: Mapping[str, float]
    accepted: Latency


@click.command()
@click.option("--alerts", type=click.IntRange(100, 20_000), default=3000, show_default=True, help="At once.")
@click.option("--rate", type=click.IntRange(1, 200), default=20, show_default=True, help="Paced, a second.")
@click.option("--seconds", type=click.IntRange(5, 60), default=15, show_default=True)
def main(alerts: int, rate: int, seconds: int) -> None:
    """The exit code is 0 only if every escalation was told by one mail, and none by two."""
    at = clock.now()
    try:
        with started("postgresql") as servers, closing(SlowSink()) as sink:
            phases = list(Trial(servers, sink).measure(alerts, rate, seconds))
    except (Trouble, LocalError) as error:
        sys.exit(f"bench: {error}")
    by_name = {phase.what: phase for phase in phases}
    aims = [
        Aim("CPU ms in notify for an alert by mail", by_name[COST].cpu_ms["notify"], LIMIT_CPU, at_least=False),
        Aim(
            f"alerts a second at {SLOWLY * 1000:.0f} ms each", by_name[THROUGHPUT].per_second, LIMIT_RATE, at_least=True
        ),
        Aim(f"ms to accepted, p50, {rate} a second", by_name[LATENCY].accepted.p50, LIMIT_P50, at_least=False),
    ]
    show(phases, aims)
    content = {"alerts": [asdict(phase) for phase in phases], "aims": [asdict(aim) for aim in aims]}
    click.echo(f"written to {report.write(content, at)}")


class Trial:
    """One service, started once for all phases."""

    def __init__(self, servers: Servers, sink: SlowSink):
        self._servers, self._sink = servers, sink
        self._chain: Chain = notify_alone(servers.room("alerts"), sink.url)

    def measure(self, alerts: int, rate: int, seconds: int) -> Iterator[Phase]:
        self._know(max(alerts, rate * seconds, WARM_UP))
        with self._running() as (pid, tap, publisher):
            self._roots = {"notify": pid, "mail": self._sink.pid, **{n: self._servers.roots[n] for n in SERVERS}}
            self._phase(tap, publisher, "warm-up", WARM_UP)
            yield self._phase(tap, publisher, COST, alerts)
            self._sink.take_each(SLOWLY)
            yield self._phase(tap, publisher, THROUGHPUT, alerts)
            self._sink.take_each(0.0)
            yield self._phase(tap, publisher, LATENCY, rate * seconds, rate)

    @contextmanager
    def _running(self) -> Iterator[tuple[int, Tap, Publisher]]:
        uri = self._chain.room.amqp_uri
        with (
            closing(Tap(uri, self._chain.taps)) as tap,
            running(self._chain) as members,
            closing(Publisher(uri, self._chain.exchange, self._chain.type)) as publisher,
        ):
            try:
                yield members.roots["notify"], tap, publisher
            except Trouble as error:
                raise Trouble(f"{error}\n{members.logs()}") from error

    def _phase(self, tap: Tap, publisher: Publisher, what: str, count: int, rate: float = 0.0) -> Phase:
        messages = [_escalation(what, number) for number in range(count)]
        before = meter.read(self._roots)
        stamps = publisher.pace(messages, rate) if rate else publisher.flood(messages)
        heard = self._heard(tap, what, count)
        cpu = meter.read(self._roots).since(before)
        self._check(what, stamps, heard)
        last = max(one.at for one in heard)
        return Phase(
            what,
            count,
            count / (last - min(stamps.values())),
            {name: 1000 * seconds / count for name, seconds in cpu.items()},
            latency([one.at - stamps[one.key] for one in heard]),
        )

    def _heard(self, tap: Tap, what: str, count: int) -> list[Heard]:
        """Since the last time, which took all."""
        heard: list[Heard] = []
        started_at = moved = time.monotonic()
        while len(heard) < count:
            if new := tap.take():
                heard, moved = heard + new, time.monotonic()
            if time.monotonic() > min(moved + PATIENCE, started_at + LONGEST):
                raise Trouble(f"{what}: {len(heard)} of {count} alerts are accepted, and it goes on too slowly")
            time.sleep(0.1)
        time.sleep(0.5)  # one that comes twice comes soon
        return heard + tap.take()

    def _check(self, what: str, stamps: Stamps, heard: Sequence[Heard]) -> None:
        told, mails = Counter(one.key for one in heard), Counter(self._sink.took())
        if told != Counter(stamps.keys()) or set(mails.values()) != {1} or len(mails) != len(stamps):
            raise Trouble(
                f"{what}: {len(stamps)} escalations, {len(told)} told of in {told.total()} events, {len(mails)} mails "
                f"that came {mails.total()} times: one is missing, or there twice"
            )

    def _know(self, number: int) -> None:
        url = self._chain.members[0].env["OMBUD_DATABASE_URL"]
        with closing(Database(url, "notify")) as db, db.transaction() as tx:
            for person in map(_person, range(number)):
                address = {ChannelName.EMAIL: f"{person}@example.org"}
                contacts.save_contact(tx, Contact(person, f"Bench {person}", address))


def _person(number: int) -> str:
    return f"person{number:05}"


def _escalation(phase: str, number: int) -> Upstream:
    case_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{phase} {number}"))
    event = CaseEscalated(
        case_id,
        2,
        escalation_id=str(uuid.uuid5(uuid.NAMESPACE_OID, case_id)),
        level=1,
        reason=EscalationReason.ASKED,
        severity=tuple(Severity)[number % len(Severity)],
        recipients=(_person(number),),
        respond_by=clock.now() + timedelta(minutes=30),
        facts=FACTS,
        policy_version="1",
    )
    return Upstream(event.event_id, case_id, orjson.dumps(to_data(event)), event.type, f"/ombud/{event.publisher}")


def show(phases: Sequence[Phase], aims: Sequence[Aim]) -> None:
    names = list(phases[0].cpu_ms)
    table = Table(title="alerts by mail", title_justify="left")
    for name in ("", "alerts", "a second", "p50 ms", "p99 ms", *(f"CPU ms {name}" for name in names)):
        table.add_column(name, justify="right" if name else "left")
    for phase in phases:
        table.add_row(
            phase.what,
            f"{phase.count:,}",
            f"{phase.per_second:,.0f}",
            f"{phase.accepted.p50:,.0f}",
            f"{phase.accepted.p99:,.0f}",
            *(f"{phase.cpu_ms[name]:.2f}" for name in names),
        )
    console = Console(width=130)
    console.print(table)
    report.show_aims(console, aims)


if __name__ == "__main__":
    main()
