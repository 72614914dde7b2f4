"""Shows what the slow steps of a first start are doing; used while packages are fetched."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

Report = Callable[[str, float], None]
"""Takes the name of the present step and how much of all steps is done, from 0 to 1."""


@contextmanager
def shown(title: str) -> Iterator[Report]:
    """A bar on a terminal, else one plain line per step; on standard error, so that output can be piped."""
    if not sys.stderr.isatty():
        yield _plain_lines(title)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda step, done: bar.update(task, description=f"{title}: {step}", completed=done)


def _plain_lines(title: str) -> Report:
    told: set[str] = set()

    def report(step: str, done: float) -> None:
        if step not in told:
            told.add(step)
            print(f"{title}: {step}", file=sys.stderr, flush=True)

    return report
