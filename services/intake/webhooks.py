"""Webhooks of upstream systems: who sends, what it says, and what becomes of what cannot be read. Called by service.py.

A vendor must neither repeat nor give up a webhook because we do not understand it: whoever is known gets a 2xx, and
what was not understood is kept whole. What could not be fetched is ours to try again, in a retry row, and not the
vendor's: vendors wait for seconds, repeat a few times or never, and switch off what fails.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import structlog
from werkzeug.wrappers import Request, Response

from services.intake import doors, metrics, schemas
from services.intake.domain.matters import MatterRules
from services.intake.limits import Limits
from services.intake.reader import Reader
from services.intake.sources.accountfile import Sources
from services.intake.sources.enrich import PATIENCE
from services.intake.sources.fitting import fitted
from services.intake.sources.source import QUEUES, Account, Forged, Ignored, Inbound, Said, Unclear
from shared import clock
from shared.database import Database, Transaction
from shared.errors import Rejected, TemporaryFailure
from shared.messaging import failures
from shared.messaging.envelope import Message, Received, name_of, plain_text
from shared.messaging.failures import Failure
from shared.quarantine.ways import WAYS, as_retry
from shared.singly import each
from shared.web import json_response, trace_of

log = structlog.get_logger()
SERVICE = "intake"
MAX_WEBHOOK_BYTES = 30 * 1024 * 1024  # a mail with its attachments, as large as the providers pass them on
PATIENCE_OF_RETRY = 60.0
METHOD, ADDRESS = "x-ombud-method", "x-ombud-address"
Due = tuple[Message, str, str, int]  # a retry row: with its source, its event's id and how often it was tried
_SECRET_HEADERS = (
    "authorization",
    "cookie",
    "proxy-authorization",
    "signature",
    "secret",
    "token",
    "api-key",
    "apikey",
)
# A dead letter that an operator replays is a retry row, worked off by the tick like those of failed fetches.
WAYS[QUEUES] = as_retry


@dataclass(frozen=True)
class Understood:
    """One request, understood as far as it can be. `id`: the same body is the same dead letter and the same retry."""

    account: Account
    inbound: Inbound
    received: tuple[Received, ...]
    ignored: int
    faults: tuple[Rejected, ...]
    deferred: TemporaryFailure | None

    @property
    def id(self) -> str:
        return hashlib.sha256(self.inbound.body).hexdigest()


def inbound_of(request: Request, account: Account) -> Inbound:
    """The request with its address as the sender sees it; a proxy in front of us may have changed it."""
    url, query = account.url or request.url, request.query_string.decode("ascii", "replace")
    if account.url and query and "?" not in account.url:
        url = f"{account.url}?{query}"
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Inbound(request.method, url, headers, request.get_data())


def hear(request: Request, account: Account, reader: Reader, limits: Limits) -> Understood:
    """Raises Forged, of which nothing is kept, unless the sender is known; TooMany when it sends too much."""
    inbound = inbound_of(request, account)
    try:
        account.source.check(inbound, account, clock.now())
    except Forged:
        metrics.WEBHOOKS.labels(account.name, "forged").inc()
        log.warning("webhook_forged", source=account.name)
        raise
    limits.admit_sources([(account.name, len(inbound.body))])  # only now: nobody else uses up what the sender may send
    return understand(inbound, account, reader, PATIENCE, trace_of(request))


def understand(
    inbound: Inbound, account: Account, reader: Reader, patience: float, trace: str | None = None
) -> Understood:
    """What a known sender says, read and ready to be stored; each part that cannot be understood stands apart."""
    try:
        parts = account.source.said(inbound, account.patient_until(patience))
    except Rejected as error:
        parts = [Unclear(error)]
    received, faults, deferred = [], [], None
    for part in parts:
        if isinstance(part, Said):
            try:
                received.append(_received(part, account, trace))
            except Rejected as error:
                faults.append(error)
        elif isinstance(part, Unclear) and isinstance(part.error, Rejected):
            faults.append(part.error)
        elif isinstance(part, Unclear) and isinstance(part.error, TemporaryFailure):
            deferred = part.error
    ignored = sum(isinstance(part, Ignored) for part in parts)
    return Understood(account, inbound, tuple(reader.prepare(received)), ignored, tuple(faults), deferred)


def _received(said: Said, account: Account, trace: str | None) -> Received:
    """Without the request itself: it is kept for what is unclear, once."""
    event = schemas.upstream(said.type, fitted(said, account))
    id_ = name_of(f"{said.type}/{said.id}")
    return Received(event, id_, account.name, said.type, event.complaint_id, trace, Message(said.type, {}, b""))


def take(tx: Transaction, rules: MatterRules, heard: Understood) -> None:
    """Stores what was understood, buries what was not, and keeps for later what could not be fetched."""
    doors.take_new(tx, rules, list(heard.received), heard.account.queue)
    if heard.faults:
        failures.bury(tx, SERVICE, _failure(heard, "invalid", heard.faults[0]))
    if heard.deferred:
        failures.schedule_retry(tx, SERVICE, _failure(heard, "failed", heard.deferred), 1)


def answer(heard: Understood) -> Response:
    """Called after the commit."""
    _count(heard)
    if reply := heard.account.source.reply:
        return Response(reply.body, reply.status, content_type=reply.content_type)
    counts = {"ignored": heard.ignored, "quarantined": len(heard.faults), "deferred": int(heard.deferred is not None)}
    said: dict[str, Any] = {name: number for name, number in counts.items() if number}
    if heard.received:
        said["complaint_ids"] = list(dict.fromkeys(r.subject for r in heard.received))
    return json_response(said or {"ignored": 0}, 202 if said.keys() - {"ignored"} else 200)


def _count(heard: Understood) -> None:
    numbers = {
        "taken": len(heard.received),
        "ignored": heard.ignored,
        "quarantined": len(heard.faults),
        "deferred": int(heard.deferred is not None),
    }
    for outcome, number in numbers.items():
        metrics.WEBHOOKS.labels(heard.account.name, outcome).inc(number)
    if heard.faults:
        log.warning("webhook_quarantined", source=heard.account.name, error=heard.faults[0].detail[:300])
    if heard.deferred:
        log.warning("webhook_deferred", source=heard.account.name, error=str(heard.deferred)[:300])


def replay_due(db: Database, reader: Reader, sources: Sources) -> int:
    """Works off the retry rows of all sources that are due; gives their number. Called by the tick."""
    return sum(_replay_one(db, reader, account) for account in sources.accounts.values())


def _replay_one(db: Database, reader: Reader, account: Account) -> int:
    with db.read() as tx:
        due = failures.due_retry(tx, account.queue)
    _, failed = each(
        [due] if due else [], lambda row: _replay(db, reader, account, row), "a webhook that is read again"
    )
    for row in failed:
        db.run(partial(_put_off, account=account, row=row))
    return int(due is not None)


def _replay(db: Database, reader: Reader, account: Account, row: Due) -> None:
    heard = understand(inbound_from(row[0]), account, reader, PATIENCE_OF_RETRY)
    db.run(lambda tx: _take_again(tx, reader.matters, heard, row))
    _count(heard)


def _take_again(tx: Transaction, rules: MatterRules, heard: Understood, row: Due) -> None:
    _, source, event_id, attempt = row
    if not failures.forget_retry(tx, heard.account.queue, source, event_id):
        return  # its customer was forgotten, or another replica was here
    take(tx, rules, replace(heard, faults=(), deferred=None))
    for fault in heard.faults[:1]:
        failures.bury(tx, SERVICE, replace(_failure(heard, "invalid", fault), event_id=event_id))
    if heard.deferred:
        failure = replace(_failure(heard, "failed", heard.deferred), event_id=event_id)
        failures.schedule_retry(tx, SERVICE, failure, attempt + 1)


def _put_off(tx: Transaction, account: Account, row: Due) -> None:
    """What fails for a reason that nobody foresaw waits, too: else it would always be the first one due."""
    message, source, event_id, attempt = row
    if failures.forget_retry(tx, account.queue, source, event_id):
        error = "it could not be taken: the log says why, under not_decided"
        failure = Failure(account.queue, source, event_id, _type_of(account), "unknown", message, "failed", error)
        failures.schedule_retry(tx, SERVICE, failure, attempt + 1)


def _failure(heard: Understood, reason: str, error: Exception) -> Failure:
    detail = str(error)
    if isinstance(error, Rejected) and error.errors:
        detail = "; ".join(f"{e['pointer']}: {e['detail']}" for e in error.errors)
    message = message_of(heard.inbound, heard.account)
    account, kind = heard.account, _type_of(heard.account)
    return Failure(account.queue, account.name, heard.id, kind, "unknown", message, reason, detail)


def _type_of(account: Account) -> str:
    return f"webhook.{account.source.kind}"[: failures.TYPE_LIMIT]


def message_of(inbound: Inbound, account: Account) -> Message:
    """The request as it is kept: whole, but for headers and the query of its address, where secrets stand."""
    headers = {n: v for n, v in inbound.headers.items() if not any(part in n for part in _SECRET_HEADERS)}
    address = urlsplit(inbound.url)._replace(query="", fragment="").geturl()
    kept = {**headers, METHOD: inbound.method, ADDRESS: address}
    kind, type_ = plain_text(inbound.content_type)[:255], f"webhook.{account.source.kind}"
    return Message(type_, {n: plain_text(v) for n, v in kept.items()}, inbound.body, kind)


def inbound_from(message: Message) -> Inbound:
    """The request again, out of a retry row or a dead letter; its sender was known when it was kept."""
    headers: Mapping[str, str] = message.headers
    plain = {n: v for n, v in headers.items() if n not in (METHOD, ADDRESS)}
    if message.content_type:  # an operator may have corrected it
        plain["content-type"] = message.content_type
    return Inbound(headers.get(METHOD, "POST"), headers.get(ADDRESS, ""), plain, message.body)
