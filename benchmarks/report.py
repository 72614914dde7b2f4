"""Shows the results as tables and writes them as JSON that does not name this machine; used by end_to_end.py."""

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figures import FLOOD, SERVERS, Aim, Check, Phase, Result

RESULTS = Path(__file__).parent / "results"
_LIBRARIES = ("nameko", "amqp", "eventlet", "sqlalchemy", "psycopg2-binary")


def show(results: Sequence[Result], aims: Sequence[Aim]) -> None:
    console = Console(width=None if os.environ.get("COLUMNS") or Console().is_terminal else 130)
    console.print(_throughput(results))
    console.print(_latencies(results[0]))
    console.print(_costs(results[0]))
    for chain, check in ((result.chain, check) for result in results for check in result.checks if not check.is_right):
        console.print(f"[red]counted wrong[/] {chain}: {check.what}: {check.found} instead of {check.expected}")
    show_aims(console, aims)


def show_aims(console: Console, aims: Sequence[Aim]) -> None:
    for aim in aims:
        sign = "at least" if aim.at_least else "below"
        met = "met   " if aim.is_met else "MISSED"
        console.print(f"{met} {aim.what}: {aim.value:.2f} ({sign} {aim.limit:g})", highlight=False)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table


def _throughput(results: Sequence[Result]) -> Table:
    table = _table(
        "At full speed, publish to the last end",
        "chain",
        "messages",
        "seconds",
        "per second",
        "CPU ms: services",
        *SERVERS,
        "together",
        "ombud is",
        "on CPU",
    )
    ours = results[0]
    for each in results:
        flood = each.phase(FLOOD)
        ratios = (
            ("", "")
            if each is ours
            else (
                f"{ours.phase(FLOOD).per_second / flood.per_second:.2f} ×",
                f"{each.cpu_in_all / ours.cpu_in_all:.2f} ×",
            )
        )
        table.add_row(
            each.chain,
            f"{flood.messages:,}",
            f"{flood.seconds:.2f}",
            f"{flood.per_second:,.0f}",
            f"{each.cpu_in_services:.2f}",
            *(f"{flood.cpu_per_message(s):.2f}" for s in SERVERS),
            f"{each.cpu_in_all:.2f}",
            *ratios,
        )
    return table


def _latencies(result: Result) -> Table:
    table = _table("Ombud, milliseconds from publish", "load", "to", "count", "p50", "p95", "p99")
    for phase in result.phases:
        for end, found in phase.latencies.items():
            table.add_row(
                f"{phase.name}, {phase.per_second:,.0f}/s",
                end,
                f"{found.count:,}",
                *(f"{value:,.1f}" for value in (found.p50, found.p95, found.p99)),
            )
    return table


def _costs(result: Result) -> Table:
    loads = [column for phase in result.phases for column in (f"CPU s, {phase.name}", "ms each")]
    table = _table("Ombud, who used what", "process", "idle %", *loads, "MB at start", "at work")
    for name in result.phases[0].cpu:
        figures = [text for phase in result.phases for text in _cost(phase, name)]
        memory = result.memory.get(name)
        megabytes = (f"{memory.at_start:.0f}", f"{memory.at_work:.0f}") if memory else ()
        table.add_row(name, f"{result.idle[name]:.1f}" if result.idle else "", *figures, *megabytes)
    return table


def _cost(phase: Phase, name: str) -> tuple[str, str]:
    return f"{phase.cpu[name]:.2f}", f"{phase.cpu_per_message(name):.2f}"


def document(results: Iterable[Result], aims: Iterable[Aim], asked: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "asked": dict(asked),
        "machine": {"cores": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version()},
        "versions": {name: version(name) for name in _LIBRARIES},
        "results": {result.chain: _result(result) for result in results},
        "aims": [asdict(aim) | {"is_met": aim.is_met} for aim in aims],
    }


def _result(result: Result) -> dict[str, Any]:
    phases = {p.name: asdict(p) | {"per_second": p.per_second} for p in result.phases}
    cpu = {"services": result.cpu_in_services, "all": result.cpu_in_all}
    memory = {name: asdict(peaks) for name, peaks in result.memory.items()}
    return {
        "phases": phases,
        "cpu_ms_per_message": cpu,
        "idle_per_cent": dict(result.idle),
        "peak_megabytes": memory,
        "checks": [_check(check) for check in result.checks],
    }


def _check(check: Check) -> dict[str, Any]:
    return asdict(check) | {"is_right": check.is_right}


def write(content: Mapping[str, Any], at: datetime) -> Path:
    """Gives the file's path, which begins with the folder `benchmarks`."""
    path = RESULTS / f"{at:%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(content, indent=2, allow_nan=False, default=str) + "\n")
    return path.relative_to(RESULTS.parents[1])
