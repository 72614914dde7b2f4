"""Dead letters as the terminal shows them. What came from outside is shown as text only, never as its control codes."""

import json
import sys
import unicodedata
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ombud.deadletters.letters import Letter

WIDTH = 200  # where there is no terminal to ask
_FIELDS = ("queue", "source", "event_id", "type", "reason", "error", "dead_at", "content_type", "encoding")


def console() -> Console:
    return Console(width=None if sys.stdout.isatty() else WIDTH)


def plain(value: Any) -> str:
    """Text without what would move the cursor or colour the screen."""
    return "".join(c if _is_plain(c) else "\N{REPLACEMENT CHARACTER}" for c in str(value))


def _is_plain(character: str) -> bool:
    return character in "\n\t" or not unicodedata.category(character).startswith("C")


def as_table(letters: list[Letter]) -> Table:
    table = Table()
    table.add_column("id", no_wrap=True, min_width=36)
    for title in ("service", "dead since (UTC)", "reason", "type", "source"):
        table.add_column(title)
    table.add_column("error", no_wrap=True, overflow="ellipsis", max_width=80)
    for letter in letters:
        told = letter.told
        since = str(told["dead_at"])[:19].replace("T", " ")
        cells = (letter.id, letter.service, since, told["reason"], told["type"], told["source"], told["error"])
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table


def show(letter: Letter) -> None:
    """All of one letter: what is known of it, its headers, its body."""
    grid = Table(show_header=False, box=None)
    for name, value in [("id", letter.id), ("service", letter.service), *((f, letter.told[f]) for f in _FIELDS)]:
        grid.add_row(Text(name, style="bold"), Text(plain(value)))
    for name, value in letter.told["headers"].items():
        grid.add_row(Text(f"  {plain(name)}", style="dim"), Text(plain(value)))
    out = console()
    out.print(grid)
    out.print()
    out.print(Text(plain(_pretty(letter.told["body"]))), soft_wrap=True)


def _pretty(body: str) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body
