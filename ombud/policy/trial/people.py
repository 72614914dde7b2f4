"""Whom a trial of escalation's policy alerts: the people of a roster, or without one whom the policy names."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import click

from ombud.policy.people import supervisors_of
from ombud.roster.form import read_file
from ombud.screen import counted
from ombud.trouble import Trouble
from services.escalation.domain.duty import Duty, on_duty
from services.escalation.domain.ladder import Kind, Recipient
from services.escalation.domain.people import People, Wanted
from services.escalation.domain.policy import Policy


@dataclass(frozen=True)
class AsNamed(People):
    """Stands for the people whom nobody has told us of: everybody is there whom the policy means, under its words."""

    def among(self, recipients: Iterable[Recipient], wanted: Wanted, now: datetime) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for one in recipients for name in self._named(one, wanted, now)))

    def duties(self, name: str, now: datetime) -> tuple[Duty, ...]:
        rota = next((r for r in self.rotas if r.name == name), None)
        found = on_duty(rota, (), {}, now) if rota else ()
        return tuple(replace(duty, person=f"duty {name} ({duty.person})") for duty in found)

    def _named(self, recipient: Recipient, wanted: Wanted, now: datetime) -> Iterator[str]:
        match recipient.kind:
            case Kind.DUTY:
                yield from (duty.person for duty in self.duties(recipient.name, now))
            case Kind.TEAM_LEAD:
                yield from (f"lead of team {team}" for team in wanted.teams)
            case Kind.PERSON | Kind.ROLE:
                yield in_words(recipient)


def in_words(recipient: Recipient) -> str:
    return " ".join(filter(None, (recipient.kind.value.replace("_", " "), recipient.name)))


def people_for(policy: Policy, roster: Path | None) -> People:
    """Raises Trouble when the roster has mistakes, each of which is shown with its line."""
    if roster is None:
        return AsNamed(rotas=policy.rotas)
    form = read_file(roster)
    people, faults = supervisors_of(form)
    faults = sorted([*form.faults, *faults], key=lambda fault: fault.line)
    for fault in faults:
        click.echo(f"{roster}:{fault.line}: {fault.text}", err=True)
    if faults:
        raise Trouble(f"{roster} cannot be used: {counted(len(faults), 'mistake')}")
    return People(tuple(sorted(people, key=lambda one: one.id)), policy.rotas)
