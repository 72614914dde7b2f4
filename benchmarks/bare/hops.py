"""Four services that only pass on what comes: the plumbing's own speed. Started by __main__.py, one process each.

The topology knows no other services than Ombud's, so the hops bear their names. The way is one on which every event
has a single listener: intake, escalation, notify, and escalation again, the second time with a database of its own.
Each hop writes one row and announces one event, whose body is as long as a real one: a free field carries the text.
"""

import uuid
from dataclasses import dataclass
from typing import Any

import orjson
from environs import Env
from sqlalchemy import Column, Integer, MetaData, Table, Text

from shared.contracts.escalation import AlertFacts, CaseEscalated, CaseOpened, EscalationReason
from shared.contracts.event import Event, Severity
from shared.contracts.intake import ComplaintAnswered
from shared.contracts.notify import AlertAccepted
from shared.contracts.topology import UPSTREAM_EXCHANGE
from shared.database import Database, Transaction
from shared.messaging import subscribe
from shared.messaging.envelope import Message, Received
from shared.providers import DatabaseProvider
from shared.settings import CommonSettings, common

passed = Table(
    "passed", MetaData(), Column("n", Integer, primary_key=True), Column("complaint_id", Text), Column("text", Text)
)


@dataclass(frozen=True)
class Settings:
    """What every service has and nothing else."""

    common: CommonSettings


def settings_of(service: str) -> Settings:
    return Settings(common(Env(prefix="OMBUD_"), service))


@dataclass(frozen=True)
class Arrival:
    """What upstream says, as little read as can be."""

    complaint_id: str
    text: str


def arrival(message: Message) -> Received:
    data = orjson.loads(message.body)
    headers = message.headers
    found = Arrival(data["complaint_id"], message.body.decode())
    return Received(
        found, headers["ce-id"], headers["ce-source"], headers["ce-type"], found.complaint_id, None, message
    )


def pass_on(tx: Transaction, rows: list[tuple[str, str]], events: list[Event]) -> None:
    tx.insert_many(passed, [{"complaint_id": id_, "text": text} for id_, text in rows])
    for event in events:
        tx.announce(event)


class First:
    name = "intake"
    db: Database = DatabaseProvider()

    @subscribe(source=UPSTREAM_EXCHANGE, decode=arrival)  # type: ignore[untyped-decorator]
    def on_upstream(self, tx: Transaction, events: list[Any]) -> None:
        pass_on(
            tx,
            [(e.complaint_id, e.text) for e in events],
            [ComplaintAnswered(e.complaint_id, 1, tx.now, e.text) for e in events],
        )


class Second:
    name = "escalation"
    db: Database = DatabaseProvider()

    @subscribe(ComplaintAnswered)  # type: ignore[untyped-decorator]
    def on_complaints(self, tx: Transaction, events: list[ComplaintAnswered]) -> None:
        pass_on(tx, [(e.complaint_id, e.by or "") for e in events], [_escalated(e, tx) for e in events])


def _escalated(e: ComplaintAnswered, tx: Transaction) -> CaseEscalated:
    facts = AlertFacts("bench", e.complaint_id, "web", tx.now, "en", "other", 0.0, "none", e.by or "")
    return CaseEscalated(
        e.complaint_id, 1, str(uuid.uuid4()), 1, EscalationReason.SEVERITY, Severity.HIGH, ("one",), tx.now, facts, "1"
    )


class Third:
    name = "notify"
    db: Database = DatabaseProvider()

    @subscribe(CaseEscalated)  # type: ignore[untyped-decorator]
    def on_cases(self, tx: Transaction, events: list[CaseEscalated]) -> None:
        pass_on(
            tx,
            [(e.case_id, e.facts.excerpt) for e in events],
            [
                AlertAccepted(
                    e.escalation_id, e.case_id, e.escalation_id, 1, "one", "email", e.facts.excerpt, tx.now, 0.0
                )
                for e in events
            ],
        )


class Fourth:
    name = "escalation"
    db: Database = DatabaseProvider()

    @subscribe(AlertAccepted)  # type: ignore[untyped-decorator]
    def on_alerts(self, tx: Transaction, events: list[AlertAccepted]) -> None:
        pass_on(tx, [(e.case_id, e.reason) for e in events], [CaseOpened(e.case_id, 1, e.reason) for e in events])


HOPS: dict[str, tuple[str, type]] = {
    "first": (First.name, First),
    "second": (Second.name, Second),
    "third": (Third.name, Third),
    "fourth": (Fourth.name, Fourth),
}
