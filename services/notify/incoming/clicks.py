"""Buttons pressed in a chat become answers to cases. Called by usecases.py."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy import select

from services.notify import metrics, store, tables
from services.notify.domain.alert import Alert, Purpose, reference
from services.notify.domain.click import Click, Clicked, Pressed, Scene, meaning
from services.notify.domain.contact import Contact
from services.notify.domain.reply import Told
from services.notify.people import contacts
from services.notify.plans import cases
from services.notify.rows import alert_of_row
from shared.contracts.notify import AlertAnswered
from shared.database import Transaction

log = structlog.get_logger()
a, p = tables.alerts, tables.presses


def take(tx: Transaction, click: Click) -> Clicked:
    """Announces that whoever pressed took the case of the alert, if it still waits; the same event when told twice."""
    made = _made(tx, click)
    tx.once_committed(metrics.PRESSES.labels(made.what.value).inc)
    log.info("button_pressed", what=made.what.value, channel=click.channel.value, alert_id=click.alert_id)
    return made


def _made(tx: Transaction, click: Click) -> Clicked:
    alert = _find(tx, click.alert_id) if click.alert_id else None
    person = _presser(tx, click, alert.recipient if alert else None)
    language = person.language if person else Contact.language
    if alert is None or alert.purpose is not Purpose.ESCALATION:
        return Clicked(click.fault or Pressed.INVALID, language=language)
    made = _answer(tx, click, alert, person) if person else Clicked(Pressed.STRANGER, reference(alert.case_id))
    return replace(made, language=language)


def _presser(tx: Transaction, click: Click, called: str | None) -> Contact | None:
    """The contact with this address; whom the alert was for, where several have it."""
    people = contacts.people_with(tx, click.channel, click.user)
    return contacts.find_contact(tx, called if called and called in people else people[0]) if people else None


def _answer(tx: Transaction, click: Click, alert: Alert, person: Contact) -> Clicked:
    standing = cases.lock_cases(tx, [alert.case_id])[alert.case_id]
    at = min(click.at or tx.now, tx.now)
    told = [Told(each, standing) for each in (alert, *_later(tx, alert, person.person))]
    press = meaning(person.person, Scene(told, _pressed(tx, told), store.newest_call(tx, alert.case_id)), at)
    if press.answers:
        _announce(tx, press.answers, person.person, at)
    return Clicked(press.what, reference(alert.case_id), contacts.name_of(tx, press.taker) if press.taker else "")


def _later(tx: Transaction, alert: Alert, person: str) -> list[Alert]:
    """The alerts of the case's later escalations, the newest first; of one escalation that of this person first."""
    of_case = a.c.case_id == alert.case_id, a.c.purpose == Purpose.ESCALATION.value
    rows = tx.execute(select(a).where(*of_case, a.c.case_revision > alert.case_revision))
    return sorted(map(alert_of_row, rows), key=lambda x: (-x.case_revision, x.recipient != person, x.id))


def _pressed(tx: Transaction, told: Sequence[Told]) -> dict[str, str]:
    """Who was first to answer each of the alerts."""
    rows = tx.execute(select(p.c.alert_id, p.c.person).where(p.c.alert_id.in_([one.alert.id for one in told])))
    return {row.alert_id: row.person for row in rows}


def _announce(tx: Transaction, alert: Alert, person: str, at: datetime) -> None:
    # Kept, because the event of a second person would have the same id: nobody shall be told that they took it.
    tx.insert_many(p, [{"alert_id": alert.id, "person": person, "at": at}], skip_existing=True)
    if alert.traceparent:
        tx.traces.setdefault(alert.case_id, alert.traceparent)
    tx.announce(
        AlertAnswered(alert.id, alert.case_id, alert.escalation_id, alert.level, person, "chat", "acknowledge", at)
    )


def _find(tx: Transaction, alert_id: str) -> Alert | None:
    row = tx.execute(a.select().where(a.c.id == alert_id)).first()
    return alert_of_row(row) if row else None
