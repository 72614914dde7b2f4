"""The variables of each service: those of its process in a local run, else those of whoever asks."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from ombud import runfile
from ombud.doctor.finding import Check, Finding, Subject, fault
from ombud.runfile import Run

Variables = Mapping[str, str]


def variables(data_dir: Path, outer: Variables) -> dict[str, Variables]:
    """By service; "" = of a service that does not run here."""
    asked = {"OMBUD_DATA_DIR": str(data_dir.absolute())} | dict(outer)
    run = runfile.read(data_dir)
    return {"": asked} | (_of_run(run) if run else {})


def checks(data_dir: Path, found: Mapping[str, Variables]) -> Iterator[Check]:
    """Before all others: where nothing runs and nothing is set, what they find is only a consequence."""
    if list(found) == [""] and not found[""].get("OMBUD_AMQP_URI"):
        yield Check(Subject.SETTINGS, "", partial(_nothing, data_dir))


def _nothing(data_dir: Path) -> Iterator[Finding]:
    yield fault(
        f"nothing runs in {data_dir.absolute()}, and no settings are here: the rest follows from that",
        "`ombud run`, or --data-dir; or ask where the services run: `ombud doctor --service NAME` in its container",
    )


def _of_run(run: Run) -> dict[str, Variables]:
    found: dict[str, Variables] = {}
    for one in run.processes:
        # A process that has just ended, or is somebody else's, has none to show.
        with suppress(OSError):
            if one.replica == 1:
                found[one.service] = _environment(Path(f"/proc/{one.pid}/environ").read_bytes())
    return found


def _environment(raw: bytes) -> dict[str, str]:
    pairs = (entry.partition("=") for entry in raw.decode("utf-8", "surrogateescape").split("\0") if "=" in entry)
    return {name: value for name, _, value in pairs}
