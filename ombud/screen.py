"""What the command line shows: lines, and bars that become plain lines where there is no terminal."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

SECONDS_PER_LINE = 2.0
Advance = Callable[[int], None]
"""Takes how many are done in all."""


def counted(number: int, thing: str) -> str:
    """`1 dead letter`, `2 dead letters`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def say(text: str) -> None:
    """One line, at once; without markup, so that brackets in texts stay."""
    try:
        print(text, flush=True)
    except OSError:
        go_quiet()


def warn(text: str) -> None:
    """One line on standard error, so that what is on standard output can be read by a program."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        go_quiet()


def go_quiet() -> None:
    """For a terminal that closed: what still has to be stopped must not fail on printing."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


@contextmanager
def bar(title: str, total: int | None) -> Iterator[Advance]:
    """A bar on a terminal; elsewhere a line every few seconds, and one for the end."""
    if not sys.stderr.isatty():
        yield _plain(title, total)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=sys.stdout.isatty()) as progress:
        task = progress.add_task(title, total=total)
        yield lambda done: progress.update(task, completed=done)


def _plain(title: str, total: int | None) -> Advance:
    told, told_at = -1, float("-inf")

    def advance(done: int) -> None:
        nonlocal told, told_at
        now = time.monotonic()
        if done != told and (done == total or now - told_at >= SECONDS_PER_LINE):
            told, told_at = done, now
            warn(f"{title}: {done}" + (f" of {total}" if total else ""))

    return advance
