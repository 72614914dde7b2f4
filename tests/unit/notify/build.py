"""Builders and the office: notify's use cases around a database, with channels that answer what a test wants."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.notify import rows, store, tables
from services.notify.channels.channel import Channel, HandOff, Letter
from services.notify.channels.line import Line, Provider
from services.notify.domain.alert import AlertState, ChannelName, Escalation, Purpose
from services.notify.domain.contact import Contact
from services.notify.domain.folding import Openings
from services.notify.domain.jobs import Job
from services.notify.domain.outcomes import Accepted, Outcome
from services.notify.domain.reply import Reply, ReplyAnswer
from services.notify.domain.rules import Rules
from services.notify.incoming import answering
from services.notify.lines import SENDERS
from services.notify.people import contacts
from services.notify.plans import late, planning
from services.notify.senders import sending
from services.notify.senders.dispatcher import Dispatcher
from services.notify.texts.rendering import Writer
from services.notify.watch import books
from shared import clock
from shared.contracts.escalation import (
    AlertFacts,
    CaseAcknowledged,
    CaseEscalated,
    CaseExhausted,
    CaseHandedBack,
    CaseMuted,
    CaseResolved,
    CaseSnoozed,
    CaseWarned,
    EscalationReason,
)
from shared.contracts.event import Severity
from shared.contracts.failure import EventFailed
from shared.database import Database, Transaction
from tests.harness.clock import set_shift
from tests.harness.events import NOON

MIGRATIONS = Path(__file__).parents[3] / "services" / "notify" / "migrations"
CASE = "0f8c2d11-58a7-5c0e-9a3e-0d3f6a4f1c22"
EMAIL, SMS, NONE = ChannelName.EMAIL, ChannelName.SMS, ChannelName.NONE
BOTH = Rules(frozenset({EMAIL, SMS}), last_resort="boss")
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def facts(**changes: Any) -> AlertFacts:
    defaults: dict[str, Any] = {
        "source": "zendesk",
        "external_id": "4711",
        "channel": "email",
        "received_at": NOON,
        "language": "en",
        "category": "privacy_security",
        "anger": 0.7,
        "asks_kind": "supervisor",
        "excerpt": "my card was charged twice",
        "flags": ("fraud",),
        "region": "emea",
        "tier": "gold",
    }
    return AlertFacts(**(defaults | changes))


def escalated(
    *recipients: str, case_id: str = CASE, revision: int = 2, level: int = 1, **changes: Any
) -> CaseEscalated:
    defaults: dict[str, Any] = {
        "escalation_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{case_id}:{level}:{revision}")),
        "level": level,
        "reason": EscalationReason.SEVERITY,
        "severity": Severity.HIGH,
        "recipients": recipients or ("ann",),
        "respond_by": clock.now() + timedelta(minutes=30),
        "facts": facts(),
        "policy_version": "1",
    }
    return CaseEscalated(case_id, revision, **(defaults | changes))


def acknowledged(revision: int = 3, case_id: str = CASE, at: datetime = NOON) -> CaseAcknowledged:
    return CaseAcknowledged(case_id, revision, "ann", at, 1)


def resolved(revision: int = 3, case_id: str = CASE) -> CaseResolved:
    return CaseResolved(case_id, revision, NOON, 1)


def snoozed(revision: int = 3, case_id: str = CASE) -> CaseSnoozed:
    return CaseSnoozed(case_id, revision, "ann", NOON, NOON + timedelta(hours=4), 1)


def handed_back(revision: int = 3, case_id: str = CASE) -> CaseHandedBack:
    return CaseHandedBack(case_id, revision, "ann", NOON, 1)


def muted(revision: int = 3, case_id: str = CASE) -> CaseMuted:
    return CaseMuted(case_id, revision, "the-major-one", NOON)


def warned(*recipients: str, **changes: Any) -> CaseWarned:
    defaults: dict[str, Any] = {
        "case_id": CASE,
        "case_revision": 2,
        "warning_id": str(uuid.uuid5(uuid.NAMESPACE_OID, repr(sorted(changes.items())))),
        "clock": "first_answer",
        "percent": 80,
        "due_at": NOON + timedelta(hours=1),
        "at": NOON,
        "level": 1,
        "severity": Severity.HIGH,
        "recipients": recipients or ("ann",),
        "facts": facts(),
    }
    return CaseWarned(**(defaults | changes))


def exhausted(about: AlertFacts | None = None) -> CaseExhausted:
    return CaseExhausted(CASE, 9, "round-1-over", 3, Severity.HIGH, about or facts(), NOON)


def failed(**changes: Any) -> EventFailed:
    defaults: dict[str, Any] = {
        "service": "routing",
        "queue": "routing.intake.v1",
        "failed_id": "e-1",
        "failed_type": "complaint.classified",
        "failed_subject": CASE,
        "reason": "failed",
        "dead": False,
        "at": NOON,
        "severity": "critical",
    }
    return EventFailed(**(defaults | changes))


def an_escalation(**changes: Any) -> Escalation:
    defaults: dict[str, Any] = {
        "id": "esc-1",
        "purpose": Purpose.ESCALATION,
        "case_id": CASE,
        "case_revision": 2,
        "level": 1,
        "severity": Severity.HIGH,
        "reason": "severity",
        "recipients": ("ann",),
        "respond_by": NOON + timedelta(minutes=30),
        "caused_at": NOON,
        "facts": {},
    }
    return Escalation(**(defaults | changes))


def a_contact(
    person: str = "ann", email: str | None = "", phone: str | None = "+420601234567", **changes: Any
) -> Contact:
    """email, phone: None = they have none."""
    known = {EMAIL: f"{person}@example.org" if email == "" else email, SMS: phone, **changes.pop("addresses", {})}
    addresses = {channel: address for channel, address in known.items() if address}
    return Contact(person, **({"name": person.title(), "addresses": addresses} | changes))


class ScriptedChannel:
    """Answers by the letter's address, `Accepted` where nothing is scripted; keeps what was handed off to it."""

    def __init__(self) -> None:
        self.script: dict[str, list[Outcome | Exception]] = {}
        self.sent: list[Letter] = []
        self.found: Outcome | None = None  # what it answers when it is asked what became of a letter
        self.asked: list[Letter] = []
        self.before_hand_off: Callable[[], None] = lambda: None
        self.after_hand_off: Callable[[], None] = lambda: None

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome:
        self.before_hand_off()
        letter = hand_off() or letter
        self.after_hand_off()
        self.sent.append(letter)
        answers = self.script.get(letter.address) or [Accepted("provider-1")]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def look_up(self, letter: Letter, since: datetime) -> Outcome | None:
        self.asked.append(letter)
        return self.found

    def close(self) -> None:
        self.sent.clear()


class Office:
    """Notify on a migrated database, without its entrypoints: `hear` events, `send` what is due, look at the rest."""

    alerts_table = tables.alerts

    def __init__(self, url: str, folder: Path, rules: Rules = BOTH):
        self.db = Database(url, "notify")
        self.rules = rules
        self.announced: list[Any] = []
        self.traces: list[str | None] = []
        self.db.announce_with(self._record)
        self.email, self.sms = ScriptedChannel(), ScriptedChannel()
        self._shift, self._shifted = folder / "clock", timedelta(0)
        clock.shift_from(self._shift)
        self.dispatcher = self.a_dispatcher()

    def a_dispatcher(self, spawn: Callable[..., Any] = lambda send, job: send(job)) -> Dispatcher:
        channels: dict[ChannelName, Channel] = {EMAIL: self.email, SMS: self.sms}
        usable = {
            name: Line(name, [Provider(f"scripted-{name}", channel)], SENDERS)
            for name, channel in channels.items()
            if name in self.rules.configured
        }
        return Dispatcher(self.db, lambda: self.rules, usable, Writer(["key"], "https://ombud.example"), spawn)

    def _record(self, tx: Transaction, announced: list[tuple[Any, bool]]) -> None:
        self.announced += [event for event, _ in announced]
        self.traces += [tx.traces.get(event.subject) for event, _ in announced]

    def reply(self, text: str, number: str = "+420601234567", at: datetime | None = None) -> ReplyAnswer:
        with self.db.transaction() as tx:
            return answering.answer(tx, self.rules, Reply(number, text, at))

    def know(self, *people: Contact) -> None:
        with self.db.transaction() as tx:
            for person in people:
                contacts.save_contact(tx, person)

    def hear(self, *events: Any) -> None:
        with self.db.transaction() as tx:
            tx.traces[CASE] = TRACE
            planning.hear(tx, self.rules, events)

    def send(self) -> None:
        while self.dispatcher.send_due():
            pass

    def claim(self) -> list[Job]:
        with self.db.transaction() as tx:
            return sending.claim(tx, self.rules, {EMAIL: Openings(20), SMS: Openings(20)}).jobs

    def reap(self) -> int:
        with self.db.transaction() as tx:
            return sending.reap(tx, self.rules)

    def fall_back(self) -> int:
        with self.db.transaction() as tx:
            return late.fall_back(tx, self.rules)

    def give_up(self) -> int:
        with self.db.transaction() as tx:
            return late.give_up(tx, self.rules)

    def wait(self, **amount: float) -> None:
        """Lets time pass."""
        self._shifted += timedelta(**amount)
        set_shift(self._shift, self._shifted)

    def alerts(self) -> dict[tuple[str, str], AlertState]:
        """The state of each alert by recipient and channel."""
        with self.db.read() as tx:
            kept = [rows.alert_of_row(r) for r in tx.execute(store.a.select().order_by(store.a.c.created_at))]
        return {(a.recipient, a.channel.value): a.state for a in kept}

    def told(self) -> list[str]:
        """The types of what was announced, in order."""
        return [event.type for event in self.announced]

    def forget(self) -> None:
        """What was sent and announced so far, for a test to which that is only the start."""
        self.announced.clear()
        for channel in (self.email, self.sms):
            channel.close()

    def unaccounted(self) -> int:
        with self.db.read() as tx:
            return books.unaccounted(tx)

    def addresses(self) -> list[str]:
        return [letter.address for channel in (self.email, self.sms) for letter in channel.sent]
