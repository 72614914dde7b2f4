"""`ombud status`: each process of the run in a data folder, whether it is ready, and what the services hold."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import requests
from rich.console import Console
from rich.table import Table

from ombud import options, runfile
from ombud.doors import readiness
from ombud.runfile import Process, Run
from ombud.trouble import Trouble

SHOWN = {
    "intake": ("complaints", "contacts", "classified"),
    "routing": ("assigned", "waiting", "released"),
    "escalation": ("cases", "escalated", "escalations"),
    "notify": ("accepted", "delivered", "pending", "failed"),
}


@dataclass(frozen=True)
class Seen:
    """One process as it answered; `readiness` is `ready` or the reason why not."""

    process: Process
    readiness: str

    @property
    def is_ready(self) -> bool:
        return self.readiness == "ready"


@click.command(short_help="Show what runs here, and whether it is ready.")
@options.data_dir
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(data_dir: Path, as_json: bool) -> None:
    """Show what runs in the data folder. The exit code is 1 when something is not ready."""
    run = runfile.read(data_dir)
    if run is None:
        raise Trouble(f"nothing runs in {data_dir.absolute()}: start `ombud run`, or say where with --data-dir")
    with ThreadPoolExecutor(max_workers=8) as pool:
        seen = list(pool.map(lambda p: Seen(p, readiness(p.ops_url)), run.processes))
    counts = {service: counts_of(run, service) for service in SHOWN}
    if as_json:
        click.echo(json.dumps(as_data(run, seen, counts), indent=2))
    else:
        Console().print(as_table(seen, counts))
        click.echo(f"mailbox: {run.mailbox_url or 'none, mail goes out by SMTP'}")
    if not all(s.is_ready for s in seen):
        raise SystemExit(1)


def counts_of(run: Run, service: str) -> dict[str, Any]:
    """The service's own summary; empty while it cannot be asked."""
    try:
        answer = run.doors.get(service, "/v1/summary")
    except requests.RequestException:
        return {}
    return answer.body if answer.is_ok else {}


def as_data(run: Run, seen: list[Seen], counts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "ready": all(s.is_ready for s in seen),
        "pid": run.pid,
        "processes": [
            {
                "service": s.process.service,
                "replica": s.process.replica,
                "pid": s.process.pid,
                "ports": {"http": s.process.port, "ops": s.process.ops_port},
                "ready": s.is_ready,
                "readiness": s.readiness,
                "log": s.process.log,
            }
            for s in seen
        ],
        "counts": counts,
        "broker": {"pid": run.broker_pid},
        "mailbox": run.mailbox_url,
    }


def as_table(seen: list[Seen], counts: dict[str, dict[str, Any]]) -> Table:
    table = Table()
    for title in ("service", "pid", "port", "health", "readiness", "counts"):
        table.add_column(title, justify="right" if title in ("pid", "port", "health") else "left")
    for s in seen:
        p = s.process
        shown = shown_counts(p.service, counts[p.service]) if p.replica == 1 else "〃"
        table.add_row(p.name, str(p.pid), str(p.port), str(p.ops_port), s.readiness, shown)
    return table


def shown_counts(service: str, summary: dict[str, Any]) -> str:
    flat = {**summary, **summary.get("alerts", {})}
    parts = [f"{flat[name]} {name}" for name in SHOWN[service] if name in flat]
    plumbing = summary.get("plumbing", {})
    stuck = [f"{count} in {name.replace('_', ' ')}" for name, count in plumbing.items() if count]
    return ", ".join([*parts, *stuck])
