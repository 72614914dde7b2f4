"""`make bench`: how fast complaints go all the way, what that costs, and what the way alone would cost."""

import signal
import sys
from contextlib import ExitStack, closing
from typing import Any

import click

from benchmarks import chains, figures, report
from benchmarks.chains import Chain
from benchmarks.figures import Result
from benchmarks.ledger import Ledger
from benchmarks.running import apply_roster, running
from benchmarks.samples import documents_of, people_of, roomy_roster
from benchmarks.servers import PROJECT, Servers, started
from benchmarks.tap import Tap
from benchmarks.trial import Load, Trial
from ombud.local.errors import LocalError
from ombud.trouble import Trouble
from shared import clock

SAMPLES = PROJECT / "samples"


@click.command()
@click.option(
    "--complaints", type=click.IntRange(300, 100_000), default=5000, show_default=True, help="How many at full speed."
)
@click.option(
    "--rate", type=click.FloatRange(1, 1000), default=50.0, show_default=True, help="How many a second, paced."
)
@click.option("--seconds", type=click.FloatRange(0, 600), default=30.0, show_default=True, help="For how long, paced.")
@click.option(
    "--stock-messages", type=click.IntRange(100), default=1000, show_default=True, help="For the stock chain."
)
@click.option("--skip-baselines", is_flag=True, help="Ombud alone, without ratios.")
@click.option("--database", type=click.Choice(["postgresql", "sqlite"]), default="postgresql", show_default=True)
def main(
    complaints: int, rate: float, seconds: float, stock_messages: int, skip_baselines: bool, database: str
) -> None:
    """Start everything privately, publish complaints, measure, compare with a bare and a stock nameko chain.

    The exit code is 0 only if everything that was published is accounted for.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    at = clock.now()
    with (SAMPLES / "complaints.jsonl").open("rb") as lines:
        documents = documents_of(lines)
    load = Load(documents, complaints, rate, seconds)
    try:
        with started(database) as servers:
            results = [_ombud(servers, load)]
            if not skip_baselines:
                results.append(_baseline(servers, chains.bare(servers.room("bare")), Load(documents, complaints)))
                results.append(_baseline(servers, chains.stock(servers.room("stock")), Load(documents, stock_messages)))
    except (Trouble, LocalError) as error:
        sys.exit(f"bench: {error}")
    _tell(results, rate, at, click.get_current_context().params)
    if not all(check.is_right for result in results for check in result.checks):
        sys.exit(1)


def _tell(results: list[Result], rate: float, at: Any, asked: dict[str, Any]) -> None:
    reached = figures.aims(results[0], {result.chain: result for result in results[1:]}, rate)
    report.show(results, reached)
    click.echo(f"written to {report.write(report.document(results, reached, asked), at)}")


def _ombud(servers: Servers, load: Load) -> Result:
    chain = chains.ombud(servers.room("ombud"), servers.sink.url)
    people = people_of(SAMPLES / "roster.yml")
    with ExitStack() as stack:
        tap = stack.enter_context(closing(Tap(chain.room.amqp_uri, chain.taps)))
        members = stack.enter_context(running(chain))
        apply_roster(chain, roomy_roster(people, load.documents))
        ledger = stack.enter_context(closing(Ledger(chain)))
        return Trial(servers, members, tap, ledger).measure(load)


def _baseline(servers: Servers, chain: Chain, load: Load) -> Result:
    with closing(Tap(chain.room.amqp_uri, chain.taps)) as tap, running(chain) as members:
        return Trial(servers, members, tap, None).measure(load)


if __name__ == "__main__":
    main()
