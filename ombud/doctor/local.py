"""The variables of each service: those of its process in a local run, else those of whoever asks."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from ombud import runfile
from ombud.doctor.finding import Check, Finding, Subject, fault
from ombud.run import environment
from ombud.runfile import Process, Run

Variables = Mapping[str, str]


def variables(data_dir: Path, outer: Variables) -> dict[str, Variables]:
    """By service; "" = of a service that does not run here."""
    asked = {"OMBUD_DATA_DIR": str(data_dir.absolute())} | dict(outer)
    run = runfile.read(data_dir)
    return {"": asked} | (_of_run(run) if run else {})


def checks(data_dir: Path, found: Mapping[str, Variables]) -> Iterator[Check]:
    """Before all others: where nothing runs and nothing is set, what they find is only a consequence."""
    if run := runfile.read(data_dir):
        for one in run.processes:
            yield Check(Subject.SETTINGS, one.service, partial(_alive, one))
    elif not found[""].get("OMBUD_AMQP_URI"):
        yield Check(Subject.SETTINGS, "", partial(_nothing, data_dir))


def _alive(process: Process) -> Iterator[Finding]:
    if not _variables(process):
        yield fault(
            f"{process.name} has died; `ombud run` starts it again, and waits longer each time",
            f"see why at the end of {process.log}",
        )


def _nothing(data_dir: Path) -> Iterator[Finding]:
    yield fault(
        f"nothing runs in {data_dir.absolute()}, and no settings are here: the rest follows from that",
        "`ombud run`, or --data-dir; or ask where the services run: `ombud doctor --service NAME` in its container",
    )


def _of_run(run: Run) -> dict[str, Variables]:
    """Who has just died shows none: it was given what the others have, and its own ports."""
    first = [one for one in run.processes if one.replica == 1]
    found = {one.service: given for one in first if (given := _variables(one))}
    some = next(iter(found.values()), None)
    return found if some is None else {one.service: environment.of_place(some, one) for one in first} | found


def _variables(process: Process) -> Variables:
    """Empty for one that has ended, or is somebody else's."""
    try:
        return _environment(Path(f"/proc/{process.pid}/environ").read_bytes())
    except OSError:
        return {}


def _environment(raw: bytes) -> dict[str, str]:
    pairs = (entry.partition("=") for entry in raw.decode("utf-8", "surrogateescape").split("\0") if "=" in entry)
    return {name: value for name, _, value in pairs}
