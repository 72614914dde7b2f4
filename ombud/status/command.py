"""`ombud status`: one screen of the run in a data folder; what is red first, then the promises, then the parts."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from ombud import options, runfile
from ombud.runfile import Run
from ombud.status.judged import troubles
from ombud.status.look import State, look
from ombud.status.promised import promises
from ombud.status.shown import screen
from ombud.trouble import Trouble
from shared import clock


@click.command(short_help="Show the whole system on one screen.")
@options.data_dir
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(data_dir: Path, as_json: bool) -> None:
    """Show the whole system on one screen: what is red first, each with what to do; then whether the promises hold;
    then services, queues, alerts and providers. The exit code is 1 when something must be mended now.

    Of what runs in the data folder. Where the services are elsewhere, ask with `ombud audit` and `ombud doctor`.
    """
    run = runfile.read(data_dir)
    if run is None:
        raise Trouble(f"nothing runs in {data_dir.absolute()}: start `ombud run`, or say where with --data-dir")
    state = look(run, data_dir, clock.now())
    if as_json:
        click.echo(json.dumps(as_data(run, state), indent=2))
    else:
        out = Console(highlight=False)
        for line in screen(state):
            out.print(line, soft_wrap=True)
    if any(trouble.is_grave for trouble in troubles(state)):
        raise SystemExit(1)


def as_data(run: Run, state: State) -> dict[str, Any]:
    return {
        "ready": all(one.is_ready for one in state.seen),
        "well": not any(trouble.is_grave for trouble in troubles(state)),
        "promises": [asdict(promise) for promise in promises(state)],
        "troubles": [asdict(trouble) for trouble in troubles(state)],
        "pid": run.pid,
        "processes": [
            {
                "service": s.process.service,
                "replica": s.process.replica,
                "pid": s.process.pid,
                "ports": {"http": s.process.port, "ops": s.process.ops_port},
                "ready": s.is_ready,
                "readiness": s.readiness,
                "version": s.version,
                "since": s.since.isoformat() if s.since else None,
                "log": s.process.log,
            }
            for s in state.seen
        ],
        "counts": state.counts,
        "outboxes": {name: {k: v for k, v in told.items() if k != "events"} for name, told in state.outboxes.items()},
        "queues": None if state.queues is None else {name: asdict(depth) for name, depth in state.queues.items()},
        "broker": {"pid": run.broker_pid},
        "mailbox": run.mailbox_url,
    }
