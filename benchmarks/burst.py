"""`python -m benchmarks.burst`: thousands of complaints at once that all escalate: how soon each is told.

The four services on a private RabbitMQ, PostgreSQL and mail sink, under the shipped policy without its storms: these
would turn the burst into a few major complaints. Measured: for each recipient, when the first alert was accepted; for
each escalation, when its first alert was; and the CPU of each process, which is where the time goes.
"""

import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select, text

from benchmarks import meter, report
from benchmarks.chains import Chain, ombud, policy_file
from benchmarks.figures import Aim, Latency, latency
from benchmarks.publish import Publisher
from benchmarks.running import apply_roster, running
from benchmarks.samples import documents_of, people_of, roomy_roster, upstream
from benchmarks.servers import PROJECT, Servers, started
from ombud.local.errors import LocalError
from ombud.trouble import Trouble
from services.escalation.domain.policy import READ_REASONS
from services.escalation.domain.watching import picture_of
from services.escalation.policy import policyfile
from services.intake.classify import Classifier
from services.notify import tables
from shared import clock
from shared.contracts.escalation import AlertFacts
from shared.contracts.event import Severity
from shared.database import Database

SAMPLES = PROJECT / "samples"
PATIENCE = 60.0
GATHERED_FOR = 3.0  # seconds, longer than notify gathers
FIRST_WITHIN, ALL_WITHIN, ALL_SOON = 2.0, 30.0, 10.0
a = tables.alerts


@dataclass(frozen=True)
class Burst:
    """count: complaints; firsts: by recipient, covered: by escalation, milliseconds from the first publish to an
    accepted alert. published: seconds until the broker had all. cpu: seconds, by process.
    """

    count: int
    escalations: int
    alerts: int
    mails: int
    published: float
    seconds: float
    firsts: Latency
    last_first: float
    covered: Latency
    cpu: dict[str, float]


@click.command()
@click.option("--complaints", type=click.IntRange(300, 20_000), default=6000, show_default=True)
def main(complaints: int) -> None:
    """The exit code is 0 only if every escalation was told to somebody, and no mail was sent twice."""
    at = clock.now()
    try:
        with started("postgresql") as servers:
            burst = measure(servers, complaints)
    except (Trouble, LocalError) as error:
        sys.exit(f"bench: {error}")
    aims = [
        Aim("s to the first alert of the last recipient", burst.last_first, FIRST_WITHIN, at_least=False),
        Aim("s to the last escalation told", burst.seconds, ALL_WITHIN, at_least=False),
        Aim("s to the last escalation told, as it should be", burst.seconds, ALL_SOON, at_least=False),
    ]
    show(burst, aims)
    content = {"burst": asdict(burst), "aims": [asdict(aim) for aim in aims]}
    click.echo(f"written to {report.write(content, at)}")


def measure(servers: Servers, count: int) -> Burst:
    chain = ombud(servers.room("burst"), servers.sink.url)
    people = people_of(SAMPLES / "roster.yml")
    documents = _that_escalate(policy_file(chain.room))
    with running(chain) as members, closing(Database(_url(chain, "notify"), "notify")) as notify:
        apply_roster(chain, roomy_roster(people, documents))
        publisher = Publisher(chain.room.amqp_uri, chain.exchange, chain.type)
        publisher.flood(upstream(documents, "w", 300))
        _wait(notify, 300)
        mails = servers.sink.count()
        roots = {**members.roots, **servers.roots}
        _long_ago(notify)
        messages = upstream(documents, "f", count)
        before, started_at = meter.read(roots), time.time()
        publisher.flood(messages)
        published = time.time() - started_at
        _wait(notify, 300 + count)
        cpu = meter.read(roots).since(before)
        publisher.close()
        rows = [row for row in _accepted(notify) if row.caused_at.timestamp() >= started_at]
        letters, mails = _letters(rows), servers.sink.count() - mails
        if mails != letters:
            raise Trouble(f"{len(rows)} alerts accepted in {letters} letters, {mails} mails in the sink")
        return _burst(count, rows, started_at, published, cpu)


def _burst(count: int, rows: Sequence[Any], started_at: float, published: float, cpu: dict[str, float]) -> Burst:
    firsts: dict[str, float] = {}
    covered: dict[str, float] = {}
    for row in rows:
        late = row.ended_at.timestamp() - started_at
        firsts[row.recipient] = min(late, firsts.get(row.recipient, late))
        covered[row.escalation_id] = min(late, covered.get(row.escalation_id, late))
    return Burst(
        count,
        len(covered),
        len(rows),
        _letters(rows),
        published,
        max(covered.values()),
        latency(list(firsts.values())),
        max(firsts.values()),
        latency(list(covered.values())),
        cpu,
    )


def _letters(rows: Sequence[Any]) -> int:
    """Those in a digest name it; each other is a mail of its own."""
    return len({row.provider_id or row.id for row in rows})


def _wait(notify: Database, escalations: int) -> None:
    """Until so many escalations are known and none of their alerts waits."""
    seen, moved = (-1, -1), time.monotonic()
    while (now := (_told(notify), _waiting(notify))) != (escalations, 0):
        if now != seen:
            seen, moved = now, time.monotonic()
        elif time.monotonic() - moved > PATIENCE:
            raise Trouble(f"{now[0]} of {escalations} escalations are known, {now[1]} alerts wait: nothing moves")
        time.sleep(0.25)


def _long_ago(notify: Database) -> None:
    """The burst comes out of the blue: whoever was alerted minutes ago has their next alerts gathered."""
    with notify.transaction() as tx:
        earlier = ", ".join(f"{name} = {name} - interval '1 hour'" for name in ("created_at", "caused_at", "ended_at"))
        tx.execute(text(f"UPDATE alerts SET {earlier}"))
    time.sleep(GATHERED_FOR)


def _told(notify: Database) -> int:
    with notify.read() as tx:
        of_cases = tables.escalations.c.purpose == "escalation"
        return tx.connection.scalar(select(func.count()).select_from(tables.escalations).where(of_cases)) or 0


def _waiting(notify: Database) -> int:
    with notify.read() as tx:
        return tx.connection.scalar(select(func.count()).select_from(a).where(a.c.ended_at.is_(None))) or 0


def _accepted(notify: Database) -> Sequence[Any]:
    columns = (a.c.id, a.c.recipient, a.c.escalation_id, a.c.ended_at, a.c.caused_at, a.c.provider_id)
    query = select(*columns).where(a.c.state == "accepted")
    with notify.read() as tx:
        return tx.execute(query).all()


def _url(chain: Chain, service: str) -> str:
    return next(m.env["OMBUD_DATABASE_URL"] for m in chain.members if m.name == service)


def _that_escalate(file: Path) -> list[dict[str, Any]]:
    """The sample complaints that the policy escalates at once."""
    policy, classifier = policyfile.read(file), Classifier.load()
    with (SAMPLES / "complaints.jsonl").open("rb") as lines:
        documents = documents_of(lines)
    return [document for document in documents if policy.fired(_picture(classifier, document), READ_REASONS)]


def _picture(classifier: Classifier, document: dict[str, Any]) -> Any:
    customer = document.get("customer", {})
    read = classifier.classify(
        document["text"],
        subject=document.get("subject", ""),
        language_hint=customer.get("language"),
        product=document.get("product"),
        tier=customer.get("tier"),
    )
    facts = AlertFacts(
        source="bench",
        external_id="",
        channel=document["channel"],
        received_at=clock.now(),
        language=read.language,
        category=read.category,
        anger=read.anger,
        asks_kind=read.asks_kind if read.asks_supervisor else "none",
        excerpt="",
        flags=read.flags,
    )
    return picture_of(facts, Severity(read.severity))


def show(burst: Burst, aims: Sequence[Aim]) -> None:
    console = Console(width=110)
    console.print(
        f"{burst.count:,} complaints published in {burst.published:.1f} s: {burst.escalations:,} escalations, "
        f"{burst.alerts:,} alerts in {burst.mails:,} mails, the last accepted after {burst.seconds:.1f} s"
    )
    table = Table("", "p50 ms", "p99 ms", title="from the first publish to an accepted alert", title_justify="left")
    for name, figures in (("the first of each recipient", burst.firsts), ("of each escalation", burst.covered)):
        table.add_row(name, f"{figures.p50:,.0f}", f"{figures.p99:,.0f}")
    console.print(table)
    stages = Table("process", "CPU s", "CPU ms a complaint", title="where the CPU goes", title_justify="left")
    for name, seconds in sorted(burst.cpu.items(), key=lambda item: -item[1]):
        stages.add_row(name, f"{seconds:.1f}", f"{1000 * seconds / burst.count:.2f}")
    console.print(stages)
    report.show_aims(console, aims)


if __name__ == "__main__":
    main()
