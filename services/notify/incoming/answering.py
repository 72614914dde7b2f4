"""Replies to text messages become answers to cases. Called by usecases.py, whichever door brought the reply."""

from dataclasses import replace
from datetime import timedelta

import structlog
from sqlalchemy import bindparam, func, select

from services.notify import metrics, store, tables
from services.notify.domain.alert import ALL_MUST_ANSWER, REACHED, Alert, AlertState, ChannelName, Purpose, reference
from services.notify.domain.reply import Made, Meaning, Reply, ReplyAnswer, Told, meaning, yes_in
from services.notify.domain.rules import Rules
from services.notify.people import contacts
from services.notify.plans.cases import standing_of_row
from services.notify.rows import alert_of_row
from shared.contracts.notify import AlertAnswered
from shared.database import Transaction
from shared.errors import NotFound
from shared.tables import UtcDateTime

log = structlog.get_logger()
# Whoever answers an older one that nobody needs to take any more hears that there is none.
LATELY = timedelta(days=1)
MOST_NAMED = 3  # of the other cases, as an answer by text message is short
a, c, e, p = tables.alerts, tables.cases, tables.escalations, tables.presses
# Whoever answers has it, whether or not its sender has said so yet, or ever will.
_MAY_BE_THERE = a.c.state.in_([*REACHED, AlertState.HANDED_OFF, AlertState.AMBIGUOUS]) | (a.c.doubts > 0)
_OURS = (
    a.c.recipient.in_(bindparam("people", expanding=True)),
    a.c.channel == ChannelName.SMS.value,
    a.c.purpose == Purpose.ESCALATION.value,
    a.c.created_at > bindparam("since", type_=UtcDateTime),
)
_SENT = (
    select(a, c.c.answered_revision, c.c.answered_at, c.c.ending, c.c.taken_by)
    .join(c, c.c.case_id == a.c.case_id)
    .where(
        *_OURS,
        _MAY_BE_THERE,
        (a.c.created_at > bindparam("lately", type_=UtcDateTime)) | (c.c.answered_revision <= a.c.case_revision),
    )
    .order_by(func.coalesce(a.c.ended_at, a.c.lease_until, a.c.created_at).desc(), a.c.id)
)
# What they have answered where that took nothing yet: their next answer is meant for something else.
_CONFIRMED = (
    select(p.c.alert_id, p.c.at)
    .join(a, (a.c.id == p.c.alert_id) & (a.c.recipient == p.c.person))
    .join(e, e.c.key == a.c.escalation_key)
    .where(*_OURS, e.c.facts[ALL_MUST_ANSWER].as_boolean().is_(True))
)


def answer(tx: Transaction, rules: Rules, reply: Reply) -> ReplyAnswer:
    """Announces that the person took the case of the alert that the reply means. Raises NotFound for a stranger.

    Told twice with the same `at`, it announces the same event: copies are known by its id.
    """
    people = contacts.people_at(tx, reply.number)
    if not people:
        raise NotFound("nobody has this number")
    made = _made(tx, rules, reply, people)
    tx.once_committed(metrics.REPLIES.labels(made.what.value).inc)
    # Neither the text nor the number: both are theirs.
    log.info("reply", what=made.what.value, case_id=made.case_id, alert_id=made.alert_id, others=made.others)
    return made


def _made(tx: Transaction, rules: Rules, reply: Reply, people: list[str]) -> ReplyAnswer:
    yes = yes_in(reply.text)
    if yes is None:
        return ReplyAnswer(Made.NOT_UNDERSTOOD)
    at = min(reply.at or tx.now, tx.now)
    meant = meaning(yes, _told(tx, rules, people), people, at)
    alert = meant.alert
    if alert is None:
        return _with_others(_too_late(tx, meant), meant)
    # Kept, so that they hear of it if somebody else has been quicker after all.
    tx.insert_many(p, [{"alert_id": alert.id, "person": alert.recipient, "at": at}], skip_existing=True)
    if alert.traceparent:
        tx.traces.setdefault(alert.case_id, alert.traceparent)
    tx.announce(
        AlertAnswered(
            alert.id, alert.case_id, alert.escalation_id, alert.level, alert.recipient, "sms", "acknowledge", at
        )
    )
    call = store.newest_call(tx, alert.case_id)
    is_partial = call is not None and call.waits_for_others(alert.recipient)
    return _with_others(_about(Made.CONFIRMED if is_partial else Made.ACKNOWLEDGED, alert), meant)


def _too_late(tx: Transaction, meant: Meaning) -> ReplyAnswer:
    if meant.late is None:
        return ReplyAnswer(Made.NOTHING)
    name = contacts.name_of(tx, str(meant.late.taker))
    return replace(_about(Made.TAKEN_BEFORE, meant.late.alert), taken_by=name)


def _about(made: Made, alert: Alert) -> ReplyAnswer:
    return ReplyAnswer(made, alert.case_id, reference(alert.case_id), alert.id, alert.recipient)


def _with_others(answer: ReplyAnswer, meant: Meaning) -> ReplyAnswer:
    named = tuple(reference(case_id) for case_id in meant.others[:MOST_NAMED])
    return replace(answer, others=len(meant.others), other_references=named)


def _told(tx: Transaction, rules: Rules, people: list[str]) -> list[Told]:
    ours = {"people": people, "since": tx.now - rules.links_hold}
    confirmed = {row.alert_id: row.at for row in tx.execute(_CONFIRMED, ours)}
    rows = tx.execute(_SENT, ours | {"lately": tx.now - LATELY})
    return [Told(alert_of_row(row), standing_of_row(row), confirmed.get(row.id)) for row in rows]
