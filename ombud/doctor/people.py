"""Checks that the people whom policies and settings name are there, and can be reached; read from the databases."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy.exc import DBAPIError

from ombud.doctor.database import opened
from ombud.doctor.finding import Check, Finding, Subject, fault, warning
from ombud.doctor.site import Service, Site
from services.escalation.domain import lint as ladders
from services.escalation.people import duty_store, supervisors
from services.escalation.policy import policyfile as ladder_file
from services.notify.domain.alert import ChannelName
from services.notify.domain.rules import Rules
from services.notify.lines import channels_of
from services.notify.people import contacts
from services.notify.watch import last_resort
from services.notify.watch.last_resort import LastResort
from services.routing.domain import lint as routing
from services.routing.policy import policyfile as routing_file
from services.routing.roster import agents_store
from shared.database import Transaction, WrongUrl, checked_url
from shared.policy.page import PolicyError

MOST = 5  # of each kind
Look = Callable[[Transaction, Service], Iterator[Finding]]
# What makes a case end with nobody; the others make it slower.
GRAVE = (ladders.Kind.PERSON_UNKNOWN, ladders.Kind.TOP_LEVEL_EMPTY)
_ROSTER = "ombud roster apply FILE; `ombud policy check --roster FILE` says the same of a file"


def checks(site: Site) -> Iterator[Check]:
    for service in site.services:
        if service.settings is not None and (look := _LOOKS.get(service.name)):
            yield Check(Subject.PEOPLE, service.name, partial(_look, service, look))
    escalation, notify = site.service("escalation"), site.service("notify")
    if escalation and notify and escalation.settings is not None and notify.settings is not None:
        yield Check(Subject.PEOPLE, "notify", partial(without_contact, escalation, notify))


def _look(service: Service, look: Look) -> Iterator[Finding]:
    """Nothing where database or policy cannot be read, of which others tell."""
    try:
        with _read(service) as tx:
            yield from list(look(tx, service))
    except (DBAPIError, WrongUrl, PolicyError):
        return


@contextmanager
def _read(service: Service) -> Iterator[Transaction]:
    with opened(checked_url(service.common.database_url), service.name) as connection:
        yield Transaction(connection)


def without_contact(escalation: Service, notify: Service) -> Iterator[Finding]:
    """Whom the ladder names and nobody can reach: two services each know a half of it."""
    try:
        with _read(escalation) as tx:
            ids = {person.id for person in supervisors.everybody(tx)}
        with _read(notify) as tx:
            lacking = sorted(ids - contacts.find_contacts(tx, ids).keys())
    except (DBAPIError, WrongUrl):
        return
    for id_ in lacking[:MOST]:
        yield warning(f"no alert reaches {id_}, a supervisor without a contact", _ROSTER)
    yield from _more(len(lacking), "supervisor without a contact")


def _supervisors(tx: Transaction, service: Service) -> Iterator[Finding]:
    policy = ladder_file.read(service.settings.policy)
    people = duty_store.people(tx, policy, tx.now)
    if not people.everybody:
        yield fault("no supervisor is known, so every escalation is exhausted at once", _ROSTER)
        return
    for kind in ladders.Kind:
        found = [f for f in ladders.lint(policy, people.everybody, people.overrides, tx.now) if f.kind is kind]
        make = fault if kind in GRAVE else warning
        yield from (make(f"{f.name}: {f.text}", _ROSTER) for f in found[:MOST])
        yield from _more(len(found), kind.value)


def _agents(tx: Transaction, service: Service) -> Iterator[Finding]:
    agents = [known.agent for known in agents_store.all_agents(tx)]
    if not agents:
        yield warning("no agent is known, so every complaint waits", _ROSTER)
        return
    found = routing.lint(routing_file.read(service.settings.policy_file), agents, tx.now)
    for kind in routing.Kind:
        those = [f for f in found if f.kind is kind]
        yield from (warning(f"{f.name}: {f.text}", _ROSTER) for f in those[:MOST])
        yield from _more(len(those), kind.value)


def _last_resort(tx: Transaction, service: Service) -> Iterator[Finding]:
    settings = service.settings
    configured = frozenset(channels_of(settings))
    if not configured & {ChannelName.EMAIL, ChannelName.SMS, ChannelName.SLACK}:
        yield fault(
            "neither mail nor SMS nor Slack is configured", "set OMBUD_SMTP_URL, OMBUD_SMS_URL or OMBUD_SLACK_TOKEN"
        )
    contact = settings.last_resort_contact
    rules = Rules(configured, contact.person if contact else settings.last_resort, contact)
    if remedy := _REMEDIES.get(last_resort.find(tx, rules)):
        yield fault("nobody hears of cases that nobody answered", remedy)


def _more(number: int, kind: str) -> Iterator[Finding]:
    if number > MOST:
        yield warning(f"{number - MOST} more of the kind {kind}", _ROSTER)


_REMEDIES = {
    LastResort.NOT_CONFIGURED: "set OMBUD_LAST_RESORT to a person of the roster, or to an e-mail address",
    LastResort.NO_CONTACT: "OMBUD_LAST_RESORT names no contact: apply a roster with that person",
    LastResort.NO_CHANNEL: "no configured channel leads to OMBUD_LAST_RESORT: configure one, or name somebody else",
}
_LOOKS: dict[str, Look] = {"routing": _agents, "escalation": _supervisors, "notify": _last_resort}
