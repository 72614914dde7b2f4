"""`ombud roster apply`: shows what the people of a file would change, asks, and sends each part to its service."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click

from ombud import options
from ombud.doors import Doors
from ombud.options import option
from ombud.roster.form import Fault, Form, Part, read_file, without_contact
from ombud.roster.parts import Difference, Halfway, Refusal, check, store, who_stays
from ombud.screen import counted
from ombud.trouble import Trouble

MOST_SHOWN = 50  # people of a part
MOST_STAYING = 5
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def roster() -> None:
    """Agents, supervisors and contacts."""


@roster.command("apply")
@click.argument("file", type=_FILE)
@click.option("--check", "only_check", is_flag=True, help="Only show what would change.")
@click.option("--yes", is_flag=True, help="Do not ask; where there is no terminal, nobody is asked anyway.")
@options.data_dir
@option("--token", env="OMBUD_API_TOKEN", default="", help="A token with the scope operator; else the local run's.")
@option("--routing-url", env="OMBUD_ROUTING_URL", default="", help="For services elsewhere; else the local run's.")
@option("--escalation-url", env="OMBUD_ESCALATION_URL", default="", help="The same.")
@option("--notify-url", env="OMBUD_NOTIFY_URL", default="", help="The same.")
def apply_file(file: Path, only_check: bool, yes: bool, data_dir: Path, token: str, **urls: str) -> None:
    """Send the people of FILE (YAML: agents, supervisors, contacts) to the services, after showing what changes.

    All services are asked first: one fault anywhere, and nothing is applied. Each service takes its part as a whole or
    not at all. People whom the file does not name stay as they are. Applying it again is harmless.
    """
    form = _read(file)
    if not form.parts:
        click.echo(f"{file} names nobody")
        return
    doors = options.doors_to([part.service for part in form.parts], data_dir, token, urls)
    differences = _check(file, form, doors)
    for line in _shown(differences):
        click.echo(line)
    for line in _staying(who_stays(form, doors)):
        click.echo(line)
    if only_check:
        return
    if not any(difference.is_there for difference in differences):
        click.echo("nothing to apply")
        return
    if not yes and _somebody_is_there() and not click.confirm("apply this?"):
        raise Trouble("nothing was applied")
    for part in _store(file, form, doors):
        click.echo(f"{part.title}: applied")


def _somebody_is_there() -> bool:
    return sys.stdin.isatty()


def _read(file: Path) -> Form:
    form = read_file(file)
    if form.faults:
        _tell(file, form.faults)
        raise Trouble(f"{file} was not applied: {counted(len(form.faults), 'fault')}")
    for entry in without_contact(form):
        click.echo(f"{file}:{entry.lines['']}: note: {entry.id} has no contact in this file", err=True)
    return form


def _check(file: Path, form: Form, doors: Doors) -> list[Difference]:
    answers = check(form, doors)
    if refusals := [answer for answer in answers if isinstance(answer, Refusal)]:
        _tell(file, (fault for refusal in refusals for fault in refusal.faults))
        raise Trouble(f"{file} was not applied: {_told(refusals)}")
    return [answer for answer in answers if isinstance(answer, Difference)]


def _store(file: Path, form: Form, doors: Doors) -> Iterator[Part]:
    try:
        yield from store(form, doors)
    except Halfway as halfway:
        _tell(file, halfway.faults)
        raise


def apply_unasked(file: Path, form: Form, doors: Doors) -> list[Part]:
    """For `ombud run`, which has nobody to ask; raises Trouble once it has told the faults."""
    _check(file, form, doors)
    return list(_store(file, form, doors))


def _told(refusals: Iterable[Refusal]) -> str:
    return ", ".join(
        f"{r.part.service} refuses the {r.part.title} ({counted(len(r.faults), 'fault')})" for r in refusals
    )


def _tell(file: Path, faults: Iterable[Fault]) -> None:
    """On standard error, in the order of the file."""
    for fault in sorted(faults, key=lambda f: f.line):
        click.echo(f"{file}:{fault.line}: {fault.text}", err=True)


def _shown(differences: Iterable[Difference]) -> Iterator[str]:
    """A line for each part, and below it one for each of the first who are new or change."""
    for each in differences:
        counts = f"{len(each.added)} new, {len(each.changed)} changed, {len(each.unchanged)} as they are"
        yield f"{each.part.title}: {counts}"
        people = [f"  + {id_}" for id_ in each.added]
        people += [f"  ~ {id_}: {', '.join(fields)}" for id_, fields in each.changed.items()]
        yield from people[:MOST_SHOWN]
        if len(people) > MOST_SHOWN:
            yield f"  … and {len(people) - MOST_SHOWN} more"


def _staying(people: Mapping[str, list[str]]) -> Iterator[str]:
    """The roster of another company applied over one does not send anybody away."""
    for title, ids in people.items():
        if ids:
            some = ", ".join(ids[:MOST_STAYING]) + (" …" if len(ids) > MOST_STAYING else "")
            yield f"{title}: {len(ids)} not named here stay as they are, and at work: {some}"
