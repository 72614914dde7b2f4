"""`ombud policy try`: what would happen to a complaint by the policies, when, and to whom; added by policy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from os.path import exists, isfile  # unlike Path, they bear every word: facts may be long
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource
from marshmallow import ValidationError, fields
from rich.console import Console

from ombud.options import option
from ombud.policy.trial.escalation import Asked, course_of
from ombud.policy.trial.events import STDIN, Told, When, documents, told_by, within_reach
from ombud.policy.trial.facts import event_of, instant, read_facts
from ombud.policy.trial.people import people_for
from ombud.policy.trial.routing import show_trial
from ombud.policy.trial.shown import show_course
from ombud.screen import counted
from ombud.trouble import Trouble
from services.escalation.policy import policyfile as escalation_file
from services.escalation.settings import SHIPPED_POLICY as SHIPPED_LADDER
from services.intake.classify import Classifier, RulesError
from services.intake.reader import Reader
from services.routing.domain.facts import facts_of
from services.routing.policy import policyfile as routing_file
from services.routing.settings import SHIPPED_POLICY as SHIPPED_ROUTES
from shared import clock
from shared.contracts.intake import ComplaintFacts
from shared.policy import plainyaml
from shared.policy.fields import Period
from shared.policy.page import PolicyError, read_document

P = TypeVar("P")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_POLICIES = (".yml", ".yaml")
_EVENTS = (".json", ".jsonl")
_KEYS = {"rules": "routing", "ladders": "escalation"}
_PERIOD = Period(timedelta(days=400))
routing_policy = option(
    "--routing", env="OMBUD_ROUTING_POLICY", type=_FILE, default=None, help="Routing's policy; else the shipped one."
)
escalation_policy = option(
    "--escalation",
    env="OMBUD_ESCALATION_POLICY",
    type=_FILE,
    default=None,
    help="Escalation's policy; else the shipped one.",
)


def _read_by(field: fields.Field[P]) -> Callable[[click.Context, click.Parameter, str | None], P | None]:
    def read(context: click.Context, parameter: click.Parameter, text: str | None) -> P | None:
        try:
            return None if text is None else field.deserialize(text)
        except ValidationError as error:
            raise click.BadParameter(" ".join(map(str, error.messages))) from error

    return read


class _At(fields.Field[datetime]):
    def _deserialize(self, value: str, *_: object, **__: object) -> datetime:
        return instant(value)


@dataclass(frozen=True)
class _Request:
    """The command line, as it is; see its help."""

    words: tuple[str, ...]
    routing: Path | None
    escalation: Path | None
    roster: Path | None
    rules: Path | None
    at: datetime | None
    how_far: timedelta
    answer: timedelta | None


@click.command()
@routing_policy
@escalation_policy
@click.option("--roster", type=_FILE, default=None, help="Whom there is; else as the policy names them.")
@option(
    "--rules", env="OMBUD_INTAKE_RULES", type=_FOLDER, default=None, help="What reads texts; else the shipped ones."
)
@click.option(
    "--at", callback=_read_by(_At()), metavar="TIME", help="When the first event is heard; else its own time."
)
@click.option("--for", "how_far", callback=_read_by(_PERIOD), default="30d", show_default=True, help="How far to look.")
@click.option(
    "--answer",
    callback=_read_by(_PERIOD),
    metavar="PERIOD",
    help="So long after the first alert, such as 10m, the first of those who are alerted then takes the case.",
)
@click.argument("words", nargs=-1, metavar="[FILE]… EVENT…")
def try_policy(**given: Any) -> None:
    """Show what would happen to a complaint, when, and to whom; nothing is sent or saved.

    FILE is a policy (.yml) of routing or of escalation; without any, both shipped ones are tried. EVENT is a JSON
    file ("-": standard input) with a complaint as upstream sends it, or events as on the bus, one a line; or facts, as
    name=value.

    \b
    ombud policy try complaint.json --roster roster.yml
    ombud policy try severity=low asked=supervisor contacts=3 at=2026-11-26T20:00:00Z --answer 10m
    """
    request = _Request(**given)
    files, words = _apart(request.words)
    routes, ladder = _chosen(request, files)
    told = _told(request, words)
    console = Console()
    if routes is not None:
        policy = _usable(routing_file.read, routes)
        newest = next(one for one in reversed(told) if isinstance(one.event, ComplaintFacts))
        assert isinstance(newest.event, ComplaintFacts)
        show_trial(policy, facts_of(newest.event), newest.at)
    if ladder is not None:
        if routes is not None:
            console.print()
        rungs = _usable(escalation_file.read, ladder)
        people = people_for(rungs, request.roster)
        show_course(console, rungs, people, course_of(rungs, people, told, Asked(request.how_far, request.answer)))


def _apart(words: Sequence[str]) -> tuple[list[Path], list[str]]:
    """The policies, and what is told. A file may have a name that looks like a fact."""
    policies = [word for word in words if word.endswith(_POLICIES) and isfile(word)]
    others = [word for word in words if word not in policies]
    if not others:
        raise Trouble("nothing is told: name a JSON file, - for standard input, or facts such as severity=high")
    return [Path(word) for word in policies], others


def _chosen(request: _Request, files: Sequence[Path]) -> tuple[Path | None, Path | None]:
    """Of routing and of escalation: those that were named; else both, as the settings have them."""
    ask = click.get_current_context().get_parameter_source
    named = {name for name in ("routing", "escalation") if ask(name) is ParameterSource.COMMANDLINE}
    chosen: dict[str, Path | None] = {name: getattr(request, name) for name in named}
    for file in files:
        kind = _kind_of(file)
        if kind in chosen:
            raise Trouble(f"{file}: is another policy of {kind}, beside {chosen[kind]}: name one of them")
        chosen[kind] = file
    if not chosen:
        return request.routing or SHIPPED_ROUTES, request.escalation or SHIPPED_LADDER
    return chosen.get("routing"), chosen.get("escalation")


def _kind_of(file: Path) -> str:
    try:
        content = plainyaml.read(read_document(file)).content
    except PolicyError as error:
        raise Trouble(str(error)) from error
    except plainyaml.NotYaml as error:
        raise Trouble(f"{file}:{error.line}: {error}") from error
    found = [kind for key, kind in _KEYS.items() if isinstance(content, dict) and key in content]
    if len(found) != 1:
        raise Trouble(f"{file}:1: is no policy: it must have `ladders` (escalation's) or `rules` (routing's), not both")
    return found[0]


def _told(request: _Request, words: Sequence[str]) -> list[Told]:
    files = [word for word in words if word == STDIN or exists(word) or word.endswith((*_POLICIES, *_EVENTS))]
    if not files:
        facts = read_facts(words)
        if request.at and "at" in facts:
            raise Trouble("the time is said twice: by --at, and by at=…")
        at = within_reach(request.at or facts.get("at") or _now(), "at")
        return [Told(at, event_of(facts, at))]
    if len(files) < len(words):
        raise Trouble(f"facts and files do not go together: {', '.join(word for word in words if word not in files)}")
    start = within_reach(request.at, "--at") if request.at else None
    return told_by(documents(files), When(start, _now()), cache(lambda: _reader(request.rules)))


def _now() -> datetime:
    return clock.now().replace(microsecond=0)


def _reader(rules: Path | None) -> Reader:
    try:
        return Reader(Classifier.load(rules))
    except RulesError as error:
        raise Trouble(str(error)) from error


def _usable(read: Callable[[Path], P], path: Path) -> P:
    try:
        return read(path)
    except PolicyError as error:
        for mistake in error.mistakes:
            click.echo(mistake, err=True)
        number = len(error.mistakes)
        raise Trouble(f"{path} cannot be used: {counted(number, 'mistake')}") from error
