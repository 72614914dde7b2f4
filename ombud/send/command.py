"""`ombud send`: a file of JSON Lines onto the exchange `complaints`; `ombud run` feeds its samples through it too."""

import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import click

from ombud import options, runfile
from ombud.screen import bar, counted
from ombud.send.lines import Line, Tally, lines_of
from ombud.send.publisher import in_batches, publishing
from ombud.trouble import Trouble


@click.command(short_help="Send a file of complaints to the broker.")
@click.argument("file", type=click.File("rb"))
@options.amqp_uri
@options.data_dir
def send(file: BinaryIO, amqp_uri: str, data_dir: Path) -> None:
    """Send FILE, one JSON object a line (- for standard input), and wait until the broker has it on disk.

    A line is {"source", "external_id", "text", …} as intake takes it, with an optional "type" (complaint.submitted if
    it is not given), or a labelled text {"id", "text", …}. A line sent again is the same message and counts once.
    """
    started = time.monotonic()
    tally = feed(lines_of(file), amqp_uri or _uri_of_run(data_dir), total=_line_count(file))
    seconds = max(time.monotonic() - started, 0.001)
    click.echo(f"sent {counted(tally.lines, 'message')} in {seconds:.1f} s ({tally.lines / seconds:,.0f} per second)")
    if tally.broken:
        click.echo(f"{len(tally.broken):,} of them intake cannot read: see `ombud deadletters list`", err=True)


def feed(lines: Iterable[Line], amqp_uri: str, total: int | None) -> Tally:
    """Publishes all lines; gives what they held. Raises Trouble when the broker will not take them."""
    tally = Tally()
    with publishing(amqp_uri) as publisher, bar("sent", total) as advance:
        for batch in in_batches(lines):
            publisher.send(batch)
            for line in batch:
                tally.add(line)
            advance(tally.lines)
    return tally


def feed_file(path: Path, amqp_uri: str) -> Tally:
    with path.open("rb") as file:
        return feed(lines_of(file), amqp_uri, _line_count(file))


def _line_count(file: BinaryIO) -> int | None:
    """For the bar; None when the file cannot be read twice."""
    if file is sys.stdin.buffer or not file.seekable():
        return None
    count = sum(1 for line in file if line.strip())
    file.seek(0)
    return count


def _uri_of_run(data_dir: Path) -> str:
    run = runfile.read(data_dir)
    if run is None:
        raise Trouble(f"nothing runs in {data_dir}: start `ombud run`, or say where the broker is with --amqp-uri")
    return run.amqp_uri
