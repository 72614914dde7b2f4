"""`python -m benchmarks.deadlines`: how late a deadline is noticed, and what it costs, however many others wait.

The real escalation service on a private RabbitMQ and PostgreSQL. The table holds so many open cases whose clocks are
due some day. Then, for a while, so many escalated cases fall due each second: each climbs a level, and the lag is the
time from its due instant until its `case.escalated` comes out of the broker. At last many are due at once, as after a
downtime.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

import click
from rich.console import Console
from rich.table import Table

from benchmarks import meter, report
from benchmarks.case_table import CaseTable
from benchmarks.chains import escalation_alone
from benchmarks.figures import Aim, Latency, latency
from benchmarks.running import running
from benchmarks.servers import Servers, started
from benchmarks.tap import Heard, Tap
from ombud.local.errors import LocalError
from ombud.trouble import Trouble
from shared import clock
from shared.contracts.escalation import CaseEscalated

PATIENCE = 30.0  # seconds without any progress
LIMIT_P99 = 1000.0  # milliseconds


@dataclass(frozen=True)
class Lag:
    """Of `count` steps: how late they were, and CPU milliseconds of the service and the database for each."""

    waiting: int
    replicas: int
    what: str
    count: int
    late: Latency
    per_second: float
    service_ms: float
    database_ms: float


@click.command()
@click.option("--rate", type=click.IntRange(1, 1000), default=100, show_default=True, help="Deadlines a second.")
@click.option("--seconds", type=click.IntRange(5, 300), default=20, show_default=True)
@click.option("--at-once", type=click.IntRange(100, 50_000), default=3000, show_default=True)
@click.option("--waiting", type=int, multiple=True, default=(10_000, 100_000, 1_000_000), show_default=True)
def main(rate: int, seconds: int, at_once: int, waiting: tuple[int, ...]) -> None:
    """The exit code is 0 only if every deadline had its step, and none had two."""
    at = clock.now()
    lags: list[Lag] = []
    try:
        with started("postgresql") as servers:
            for size in waiting:
                lags += Trial(servers, size, 1).measure(rate, seconds, at_once)
            lags += Trial(servers, waiting[0], 2).measure(rate, seconds, at_once)
    except (Trouble, LocalError) as error:
        sys.exit(f"bench: {error}")
    aims = [
        Aim(f"p99 ms, {lag.waiting:,} waiting, {lag.replicas} replica(s)", lag.late.p99, LIMIT_P99, at_least=False)
        for lag in lags
        if lag.what == PACED
    ]
    show(lags, aims)
    content = {"deadlines": [asdict(lag) for lag in lags], "aims": [asdict(aim) for aim in aims]}
    click.echo(f"written to {report.write(content, at)}")


PACED, AT_ONCE = "paced", "at once"


class Trial:
    """One size: the table is filled while the service is still away."""

    def __init__(self, servers: Servers, waiting: int, replicas: int):
        self._servers, self._waiting, self._replicas = servers, waiting, replicas
        room = servers.room(f"lag{waiting}x{replicas}")
        self._chain = escalation_alone(room, "all", replicas)
        self._table = CaseTable(self._chain.members[0].env["OMBUD_DATABASE_URL"], waiting)
        self._heard = 0

    def measure(self, rate: int, seconds: int, at_once: int) -> list[Lag]:
        self._table.fill()
        tap = Tap(self._chain.room.amqp_uri, self._chain.taps)
        try:
            with running(self._chain) as members:
                pids = list(members.roots.values())
                try:
                    paced = self._phase(tap, pids, PACED, rate * seconds, timedelta(seconds=1) / rate)
                    return [paced, self._phase(tap, pids, AT_ONCE, at_once, timedelta(0))]
                except Trouble as error:
                    raise Trouble(f"{error}\n{members.logs()}") from error
        finally:
            tap.close()
            self._table.close()

    def _phase(self, tap: Tap, pids: Sequence[int], what: str, count: int, apart: timedelta) -> Lag:
        dues = self._table.make_due(count, apart)
        before = self._cpu(pids)
        started_at = time.monotonic()
        heard = self._hear(tap, count)
        used = self._cpu(pids)
        if len({one.event_id for one in heard}) != count or {one.key for one in heard} != dues.keys():
            raise Trouble(f"{count} deadlines, {len(heard)} steps: one is missing, or one was made twice")
        offset = time.time() - time.monotonic()
        late = [one.at + offset - dues[one.key].timestamp() for one in heard]
        first = min(dues.values()).timestamp() - offset
        return Lag(
            self._waiting,
            self._replicas,
            what,
            count,
            latency(late),
            count / (max(one.at for one in heard) - max(first, started_at)),
            1000 * (used[0] - before[0]) / count,
            1000 * (used[1] - before[1]) / count,
        )

    def _hear(self, tap: Tap, count: int) -> list[Heard]:
        last, deadline = -1, time.monotonic() + PATIENCE
        target = self._heard + count
        while (now := tap.count(CaseEscalated.type)) < target:
            if now != last:
                last, deadline = now, time.monotonic() + PATIENCE
            if time.monotonic() > deadline:
                raise Trouble(f"{self._waiting:,} waiting: no step for {PATIENCE:.0f} s, {target - now} are missing")
            time.sleep(0.1)
        time.sleep(0.5)  # one that comes twice comes soon
        heard = tap.take()
        self._heard += len(heard)
        return heard

    def _cpu(self, pids: Sequence[int]) -> tuple[float, float]:
        """Seconds so far: of the service, of the database."""
        return sum(map(meter.cpu_seconds, pids)), meter.cpu_seconds(self._servers.roots["database"])


def show(lags: Sequence[Lag], aims: Sequence[Aim]) -> None:
    table = Table(title="deadlines", title_justify="left")
    columns = ("waiting", "replicas", "due", "steps", "a second", "p50 ms", "p99 ms", "CPU ms service", "database")
    for name in columns:
        table.add_column(name, justify="right")
    for lag in lags:
        figures = (lag.per_second, lag.late.p50, lag.late.p99)
        table.add_row(
            f"{lag.waiting:,}",
            str(lag.replicas),
            lag.what,
            f"{lag.count:,}",
            *(f"{figure:,.0f}" for figure in figures),
            f"{lag.service_ms:.2f}",
            f"{lag.database_ms:.2f}",
        )
    console = Console(width=110)
    console.print(table)
    report.show_aims(console, aims)


if __name__ == "__main__":
    main()
