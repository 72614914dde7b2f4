"""run.json in the data folder: what runs here and where, written by `ombud run`, read by the other commands."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ombud.doors import Doors
from ombud.layout import Folder, Place
from ombud.local.processes import is_running

NAME = "run.json"


@dataclass(frozen=True)
class Process(Place):
    """A process of a service that runs; `pid` changes when it is restarted."""

    pid: int
    log: str


@dataclass(frozen=True)
class Run:
    """A run as the other commands find it; the file is for its owner only, as the broker's password is in it."""

    pid: int
    amqp_uri: str
    token: str
    processes: tuple[Process, ...]
    broker_pid: int | None = None
    mailbox_url: str | None = None

    @property
    def doors(self) -> Doors:
        return Doors({p.service: p.url for p in self.processes if p.replica == 1}, self.token)


def write(data_dir: Path, run: Run) -> None:
    """Renamed into place, so that a reader never sees half of it."""
    new = data_dir / f"{NAME}.new"
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(run), file, indent=1)
    new.rename(data_dir / NAME)


def read(data_dir: Path) -> Run | None:
    """None when nothing runs there: a file that a killed run left behind does not count."""
    if not is_running(Folder(data_dir).lock):
        return None
    try:
        data: dict[str, Any] = json.loads((data_dir / NAME).read_text())
    except FileNotFoundError:
        return None
    return Run(**(data | {"processes": tuple(Process(**p) for p in data["processes"])}))


def remove(data_dir: Path) -> None:
    (data_dir / NAME).unlink(missing_ok=True)
