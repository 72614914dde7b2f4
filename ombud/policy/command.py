"""`ombud policy`: the mistakes in the policies of the services, what a roster lacks for them, and a trial."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

from ombud.options import option
from ombud.policy.people import faults_of, reachable_of, supervisors_of
from ombud.policy.trial.command import escalation_policy, routing_policy, try_policy
from ombud.roster.form import Entry, Fault, Form, read_form
from ombud.screen import counted
from ombud.trouble import Trouble
from services.escalation.domain.lint import lint as lint_ladders
from services.escalation.domain.people import Supervisor
from services.escalation.domain.policy import Policy as EscalationPolicy
from services.escalation.policy import policyfile as escalation_file
from services.escalation.settings import SHIPPED_POLICY as SHIPPED_LADDER
from services.notify import policyfile as notify_file
from services.notify.lines import OWN as OWN_PROVIDERS
from services.notify.settings import SHIPPED_POLICY as SHIPPED_ALERTING
from services.routing.domain.lint import lint
from services.routing.domain.policy import Policy
from services.routing.domain.roster import Agent
from services.routing.policy import policyfile as routing_file
from services.routing.settings import SHIPPED_POLICY
from shared import clock
from shared.errors import Rejected
from shared.policy.page import PolicyError

P = TypeVar("P", Policy, EscalationPolicy)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
notify_policy = option(
    "--notify", env="OMBUD_NOTIFY_POLICY", type=_FILE, default=None, help="Notify's policy; else the shipped one."
)


@click.group()
def policy() -> None:
    """The policies: who gets a complaint (routing), who hears of it when nobody answers (escalation), how (notify)."""


@policy.command()
@routing_policy
@escalation_policy
@notify_policy
@click.option("--roster", type=_FILE, default=None, help="A roster, to see what its people cannot do.")
@click.option("--strict", is_flag=True, help="Fail also for what the people cannot do.")
def check(
    routing: Path | None, escalation: Path | None, notify: Path | None, roster: Path | None, strict: bool
) -> None:
    """Check the policies; every mistake is shown with its line, and with a roster also what nobody could do."""
    mistakes: list[str] = []
    routes = _read(routing or SHIPPED_POLICY, routing_file.read, lambda p: counted(len(p.rules), "rule"), mistakes)
    ladder = _read(
        escalation or SHIPPED_LADDER, escalation_file.read, lambda p: counted(len(p.ladders), "ladder"), mistakes
    )
    _check_alerting(notify or SHIPPED_ALERTING, mistakes)
    people = _people(roster, mistakes) if roster is not None else None
    findings = list(_findings(routes, ladder, people)) if people is not None else []
    for finding in findings:
        click.echo(finding)
    for mistake in mistakes:
        click.echo(mistake, err=True)
    if mistakes:
        raise Trouble(f"this cannot be used: {counted(len(mistakes), 'mistake')}")
    if strict and findings:
        raise Trouble(f"the people cannot do all of it: {counted(len(findings), 'finding')}")


policy.add_command(try_policy, "try")


def _read(path: Path, read: Callable[[Path], P], size: Callable[[P], str], mistakes: list[str]) -> P | None:
    try:
        found = read(path)
    except PolicyError as error:
        mistakes += error.mistakes
        return None
    click.echo(f"{path} can be used: {size(found)}, version {found.version}")
    return found


def _check_alerting(path: Path, mistakes: list[str]) -> None:
    try:
        read = notify_file.read(path)
    except PolicyError as error:
        mistakes += error.mistakes
        return
    click.echo(f"{path} can be used: version {read.version}")
    for name in read.limited_but(OWN_PROVIDERS):
        click.echo(f"{path}: limits.provider.{name} limits nobody unless the file of OMBUD_SMS_PROVIDERS has it")


@dataclass(frozen=True)
class _People:
    """Everybody in a roster; reachable: ids of those who have a channel."""

    agents: list[Agent]
    supervisors: list[Supervisor]
    reachable: frozenset[str]


def _people(path: Path, mistakes: list[str]) -> _People | None:
    try:
        form = read_form(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise Trouble(f"{path} is not UTF-8: {error.reason}") from error
    agents, faults = agents_of(form, _agent)
    supervisors, more = supervisors_of(form)
    faults += more
    mistakes += [f"{path}:{fault.line}: {fault.text}" for fault in sorted(faults, key=lambda f: f.line)]
    return None if faults else _People(agents, supervisors, reachable_of(form))


def _findings(routes: Policy | None, ladder: EscalationPolicy | None, people: _People) -> Iterator[str]:
    now = clock.now()
    if routes is not None:
        for one in lint(routes, people.agents, now):
            yield f"routing: {one.kind}: {one.name}: {one.text}"
    if ladder is not None:
        for found in lint_ladders(ladder, people.supervisors, (), now, people.reachable):
            yield f"escalation: {found.kind}: {found.name}: {found.text}"


def agents_of(form: Form, read: Callable[[Entry], Agent]) -> tuple[list[Agent], list[Fault]]:
    """The agents of a roster, and everything that is wrong with them; read: what makes one of an entry, or Rejected."""
    agents, faults = [], [*form.faults]
    for entry in form.entries["agents"]:
        try:
            agents.append(read(entry))
        except Rejected as error:
            faults += faults_of("agents", entry, error)
    return agents, faults


def _agent(entry: Entry) -> Agent:
    # Not at the top: `policy try` has no use for it.
    from services.routing.roster.agent_schemas import agent_from

    return agent_from(entry.id, {name: value for name, value in entry.data.items() if name != "id"})
