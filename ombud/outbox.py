"""`ombud outbox`: what the services have not published yet, since when, and why; asked by HTTP."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click
from rich.table import Table
from rich.text import Text

from ombud import options
from ombud.asking import Asking
from ombud.deadletters.shown import console, plain
from ombud.trouble import Trouble
from shared import clock
from shared.contracts.topology import SERVICES

C = TypeVar("C", bound=Callable[..., Any])
PATH = "/v1/outbox"
LATE = 60.0  # seconds after which somebody should look
SHOWN = 20
WHY = {
    "under_way": "it came just now",
    "returned": "no queue took it, or the broker refused it: is the consumer's queue there? `ombud doctor` looks",
    "not_taken": "nothing was heard of it: is the broker reachable? `ombud doctor` looks",
}
_service = click.option("--service", type=click.Choice(SERVICES), help="Only this one; else all four are asked.")
_as_json = click.option("--json", "as_json", is_flag=True, help="For programs.")


def _asked(command: C) -> C:
    return _service(_as_json(options.services_elsewhere(command)))


class _ListsByItself(click.Group):
    """`ombud outbox` alone, also with options, is `ombud outbox list`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_bare = not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names)
        return super().parse_args(ctx, ["list", *args] if is_bare else args)


@click.group(cls=_ListsByItself)
def outbox() -> None:
    """Events that wait to be published: how many, since when, why. Without a command: `list`.

    An event is in the outbox from the commit that announced it until the broker has it. Nothing needs to be done with
    what is there but to bring back what it waits for; it leaves by itself.
    """


@outbox.command("list")
@_asked
def list_events(service: str | None, as_json: bool, **rest: Any) -> None:
    """Count what waits in each service. The exit code is 1 when something has waited for more than a minute, or when a
    service does not say it; the others are shown all the same.
    """
    services = (service,) if service else SERVICES
    told, silent = _asking(services, rest).all(services, PATH)
    now = clock.now()
    if as_json:
        click.echo(json.dumps(told, indent=2))
    else:
        _show(told, now)
    for trouble in silent:
        click.echo(f"ombud: {trouble}", err=True)
    if silent or any(age(one["oldest_at"], now) > LATE for one in told.values()):
        raise SystemExit(1)


@outbox.command("show")
@click.argument("id_", metavar="ID", type=click.IntRange(1))
@_asked
def show_event(id_: int, service: str | None, as_json: bool, **rest: Any) -> None:
    """Show an event that waits, without what people wrote. Each service counts for itself: --service says which."""
    services = (service,) if service else SERVICES
    asking = _asking(services, rest)
    pages = {name: asking.get(name, PATH, {"id": str(id_)}) for name in services}
    found = [{"service": name} | event for name, page in pages.items() for event in page["events"]]
    if not found:
        raise Trouble(f"no event {id_} waits in {', '.join(services)} (any more): `ombud outbox list` shows what does")
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    for event in found:
        console().print(_grid(event))


def _asking(services: Sequence[str], rest: dict[str, Any]) -> Asking:
    named = {name: url for name, url in rest.items() if name.endswith("_url")}
    return Asking(options.doors_to(services, rest["data_dir"], rest["token"], named))


def age(text: str | None, now: datetime) -> float:
    """Seconds since then; 0 for nothing."""
    return 0.0 if text is None else (now - datetime.fromisoformat(text)).total_seconds()


def _show(told: dict[str, dict[str, Any]], now: datetime) -> None:
    table = Table()
    for title in ("service", "id", "type", "complaint", "age", "tries", "why"):
        table.add_column(title, no_wrap=title != "type", justify="right" if title in ("id", "age", "tries") else "left")
    for name, page in told.items():
        for event in page["events"][:SHOWN]:
            cells = (name, event["id"], event["type"], event["complaint_id"], seconds(age(event["created_at"], now)))
            table.add_row(*(Text(plain(cell)) for cell in (*cells, event["attempts"], event["why"])))
    if table.row_count:
        console().print(table)
    for name, page in told.items():
        oldest = f", the oldest for {seconds(age(page['oldest_at'], now))}" if page["waiting"] else ""
        types = ", ".join(f"{n} {type_}" for type_, n in page["by_type"].items())
        click.echo(f"{name:12}{page['waiting']} waiting{oldest}" + (f": {types}" if types else ""))
    for why in sorted({event["why"] for page in told.values() for event in page["events"]}):
        click.echo(f"{why}: {WHY[why]}")


def _grid(event: dict[str, Any]) -> Table:
    grid = Table(show_header=False, box=None)
    for name, value in event.items():
        if isinstance(value, dict):
            for inner, each in value.items():
                grid.add_row(Text(f"  {plain(inner)}", style="dim"), Text(plain(each)))
        else:
            said = f"{value}: {WHY[value]}" if name == "why" else value
            grid.add_row(Text(plain(name), style="bold"), Text(plain(said)))
    return grid


def seconds(number: float) -> str:
    """An age in the largest unit that gives at least two of it: 95 s, 12 min, 5 h, 3 d."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if number >= 2 * size:
            return f"{number / size:.0f} {unit}"
    return f"{number:.0f} s"
