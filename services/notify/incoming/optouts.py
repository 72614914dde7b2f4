"""STOP and START: who wants no text messages any more, and what becomes of those that wait. Called by usecases.py."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Update, bindparam, select

from services.notify import metrics, store, tables
from services.notify.domain.alert import Alert, AlertState, ChannelName
from services.notify.domain.optout import Word, word_in
from services.notify.domain.outcomes import Reason
from services.notify.domain.reply import Made, Reply, ReplyAnswer
from services.notify.domain.rules import Rules
from services.notify.domain.standing import why_needless
from services.notify.people import contacts
from services.notify.plans import cases
from services.notify.plans.conclusions import announce_ends
from services.notify.plans.further import go_on
from shared.database import Transaction
from shared.errors import NotFound

log = structlog.get_logger()
a, o = tables.alerts, tables.opt_outs
_MADE = {Word.STOP: Made.STOPPED, Word.START: Made.STARTED, Word.HELP: Made.HELPED}
_UNSENT = (AlertState.PENDING, AlertState.CLAIMED)
_OWN = select(a.c.id, a.c.case_id).where(
    a.c.recipient.in_(bindparam("people", expanding=True)),
    a.c.channel == ChannelName.SMS.value,
    a.c.state.in_([s.value for s in _UNSENT]),
)


def obey(tx: Transaction, rules: Rules, reply: Reply) -> ReplyAnswer | None:
    """Does what the reply asks for if it is one of these words; None for any other. Raises NotFound for a stranger."""
    word = word_in(reply.text)
    if word is None:
        return None
    people = contacts.people_at(tx, reply.number)
    if not people:
        raise NotFound("nobody has this number")
    at = min(reply.at or tx.now, tx.now)
    if word is Word.START:
        _start(tx, reply.number, at)
    elif word is Word.STOP and _stop(tx, reply.number, at):
        _withdraw(tx, rules, people)
    tx.once_committed(metrics.REPLIES.labels(_MADE[word].value).inc)
    log.info("reply", what=_MADE[word].value)
    return ReplyAnswer(_MADE[word])


def _stop(tx: Transaction, number: str, at: datetime) -> bool:
    """Whether they want none now: not so if it was taken back after this was said."""
    row = _locked(tx, number, at)
    if row is not None and row.back_at is not None and row.back_at >= at:
        return False
    if row is None or row.back_at is not None:
        tx.once_committed(metrics.OPT_OUTS.labels(Word.STOP.value).inc)
    tx.execute(_row_of(number).values(at=at if row is None else max(row.at, at), back_at=None))
    return True


def _start(tx: Transaction, number: str, at: datetime) -> None:
    row = _locked(tx, number, at)
    if row is not None and row.back_at is None:
        if row.at > at:
            return
        tx.once_committed(metrics.OPT_OUTS.labels(Word.START.value).inc)
    known = row.back_at if row is not None and row.back_at is not None else at
    tx.execute(_row_of(number).values(back_at=max(known, at)))


def _locked(tx: Transaction, number: str, at: datetime) -> Any:
    """What is kept of the number, locked; None if nothing was, and then a STOP is."""
    new = {"channel": ChannelName.SMS.value, "address": number, "at": at}
    if tx.insert_many(o, [new], skip_existing=True, returning=o.c.address):
        return None
    own = o.c.channel == ChannelName.SMS.value, o.c.address == number
    return tx.execute(select(o.c.at, o.c.back_at).where(*own).with_for_update()).one()


def _row_of(number: str) -> Update:
    return o.update().where(o.c.channel == ChannelName.SMS.value, o.c.address == number)


def _withdraw(tx: Transaction, rules: Rules, people: Iterable[str]) -> None:
    """Ends what waits to be sent there, and goes on with the next channel of each."""
    found = list(tx.execute(_OWN, {"people": sorted(people)}))
    answered = cases.lock_cases(tx, [row.case_id for row in found])  # before the alerts, as everybody does
    locked = store.lock_alerts(tx, [row.id for row in found])
    ended: list[Alert] = [
        alert.end(AlertState.SUPPRESSED, Reason.OPTED_OUT, tx.now) for alert in locked if alert.state in _UNSENT
    ]
    store.save_alerts(tx, ended)
    announce_ends(tx, ended)
    go_on(tx, rules, [x for x in ended if not why_needless(x, answered[x.case_id])])
