"""Tables of a trial: drawn on a terminal, else plain columns that other programs can read; used by shown.py."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

_GAP = "  "


@dataclass(frozen=True)
class Rows:
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def show_rows(console: Console, shown: Rows) -> None:
    if console.is_terminal:
        table = Table(*shown.heads)
        for row in shown.rows:
            table.add_row(*map(Text, row))  # brackets in names are no markup
        console.print(table)
        return
    for line in plain(shown):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def plain(shown: Rows) -> list[str]:
    lines = [shown.heads, *shown.rows]
    wide = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    return [_line(line, wide) for line in lines]


def _line(cells: Sequence[str], wide: Sequence[int]) -> str:
    padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, wide, strict=True))
    return _GAP.join(padded).rstrip()
