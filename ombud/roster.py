"""`ombud roster apply`: the people of one file, each part sent to the service that owns it; `ombud run` uses it too."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import click
import requests

from ombud import options, runfile
from ombud.doors import Doors
from ombud.options import option
from ombud.roster_form import PARTS, Entry, Form, Part, read_form, without_contact
from ombud.trouble import Trouble

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True)
class Refusal:
    """One entry that its service did not take; `faults` are (line, text)."""

    entry_id: str
    faults: list[tuple[int, str]]


@dataclass(frozen=True)
class Applied:
    """What became of one part of the file."""

    title: str
    taken: int
    refused: list[Refusal]


@click.group()
def roster() -> None:
    """Agents, supervisors and contacts."""


@roster.command("apply")
@click.argument("file", type=_FILE)
@options.data_dir
@option("--token", env="OMBUD_API_TOKEN", default="", help="A token with the scope operator; else the local run's.")
@option("--routing-url", env="OMBUD_ROUTING_URL", default="", help="For services elsewhere; else the local run's.")
@option("--escalation-url", env="OMBUD_ESCALATION_URL", default="", help="The same.")
@option("--notify-url", env="OMBUD_NOTIFY_URL", default="", help="The same.")
def apply_file(file: Path, data_dir: Path, token: str, **urls: str) -> None:
    """Send the people of FILE (YAML: agents, supervisors, contacts) to the services; applying it again is harmless."""
    form = read_form(file.read_text(encoding="utf-8"))
    if form.faults:
        for fault in sorted(form.faults, key=lambda f: f.line):
            click.echo(f"{file}:{fault.line}: {fault.text}", err=True)
        raise Trouble(f"{file} was not applied: {len(form.faults)} faults")
    for entry in without_contact(form):
        click.echo(f"{file}:{entry.lines['']}: note: {entry.id} has no contact and would never be told", err=True)
    named = {name.removesuffix("_url"): url for name, url in urls.items() if url}
    results = list(apply_form(form, _doors(data_dir, token, named)))
    if report(file, results):
        raise SystemExit(1)


def apply_form(form: Form, doors: Doors) -> Iterator[Applied]:
    """Part by part; raises Trouble when a service does not answer, or answers that it cannot."""
    for part in PARTS:
        entries = form.entries[part.title]
        refused = [r for r in (_put(doors, part, entry) for entry in entries) if r]
        yield Applied(part.title, len(entries) - len(refused), refused)


def report(file: Path, results: list[Applied]) -> int:
    """Prints a line per part and per fault; gives the number of refusals."""
    for result in results:
        refused = f", {len(result.refused)} refused" if result.refused else ""
        click.echo(f"{result.title}: {result.taken} applied{refused}")
        for refusal in result.refused:
            for line, text in refusal.faults:
                click.echo(f"{file}:{line}: {refusal.entry_id}: {text}", err=True)
    return sum(len(result.refused) for result in results)


def _put(doors: Doors, part: Part, entry: Entry) -> Refusal | None:
    data = {key: value for key, value in entry.data.items() if key != part.id_key}
    try:
        answer = doors.put(part.service, f"{part.path}/{quote(entry.id, safe='')}", data)
    except requests.RequestException as error:
        where = doors.urls[part.service]
        raise Trouble(f"{part.service} does not answer at {where}: {type(error).__name__}") from error
    except TypeError as error:
        return Refusal(entry.id, [(entry.lines[""], f"cannot be written as JSON: {error}")])
    if answer.status in (401, 403):
        raise Trouble(f"{part.service} refuses the token: {answer.errors[0][1]}; give another with --token")
    if answer.status >= 500:
        raise Trouble(f"{part.service} could not take {entry.id}: {answer.errors[0][1]}; look into its log")
    if answer.is_ok:
        return None
    return Refusal(entry.id, [(entry.line_of(at), f"{at}: {text}") for at, text in answer.errors])


def _doors(data_dir: Path, token: str, named: dict[str, str]) -> Doors:
    run = runfile.read(data_dir)
    if run is None and len(named) < len(PARTS):
        raise Trouble(
            f"nothing runs in {data_dir.absolute()}: start `ombud run`, or name --routing-url, "
            "--escalation-url and --notify-url"
        )
    local = run.doors.urls if run else {}
    return Doors(local | {s: url.rstrip("/") for s, url in named.items()}, token or (run.token if run else ""))
