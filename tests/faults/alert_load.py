"""Escalations and answers for alert rounds: to people with channels in many orders; in copies, and out of order."""

import random
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shared import clock
from shared.contracts.event import Event, Severity
from tests.faults.peers import Peers
from tests.harness.bus import Bus
from tests.unit.notify.build import acknowledged, escalated, facts, failed

PEOPLE = 42
ORDERS = (
    ("email", "sms"),
    ("sms", "email"),
    ("webhook", "email"),
    ("slack", "sms", "email"),
    ("email", "slack", "webhook", "sms"),
    ("webhook",),
    ("sms",),
)
LEVEL = timedelta(hours=8)  # longer than a round moves the clock
GRADES = (Severity.CRITICAL, Severity.HIGH, Severity.HIGH, Severity.MEDIUM)


def contact_of(number: int, peers: Peers) -> dict[str, Any]:
    """One with an address in every channel, in an order of their own."""
    return {
        "person": person(number),
        "name": person(number).title(),
        "email": f"{person(number)}@example.org",
        "phone": phone(person(number)),
        "slack": f"U0{number:08}",
        "webhook": f"{peers.hook.url}/{number}",
        "channels": list(order_of(number)),
    }


def person(number: int) -> str:
    return f"person-{number:02}"


def phone(name: str) -> str:
    return f"+4206012345{name[-2:]}"


def order_of(number: int) -> tuple[str, ...]:
    return ORDERS[number % len(ORDERS)]


def first_by(channel: str) -> list[str]:
    """Those who are told by that channel before any other."""
    return [person(n) for n in range(PEOPLE) if order_of(n)[0] == channel and len(order_of(n)) > 1]


@dataclass
class AlertLoad:
    """What was sent so far. wanted: the recipients of each escalation."""

    bus: Bus
    random: random.Random
    wanted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _late: list[Event] = field(default_factory=list)

    def send(self, number: int) -> None:
        """That many new escalations, and answers to some; a part of the copies comes with the next ones."""
        events = [self._escalated() for _ in range(number)]
        answers = [acknowledged(3, e.case_id, clock.now()) for e in events if self.random.random() < 0.15]
        copies = [e for e in (*events, *answers) for _ in range(self.random.randint(1, 3))]
        late = [e for e in copies if self.random.random() < 0.2]
        self._publish([*copies, *self._late])
        self._late = late

    def escalate(self, people: Iterable[str], **changes: Any) -> set[str]:
        """One case for each of them; gives the ids of the escalations."""
        events = [self._about((each,), **changes) for each in people]
        for each in events:
            self._publish([each])
        return {each.escalation_id for each in events}

    def send_last(self) -> None:
        self._publish(self._late)

    def send_failures(self, *services: str) -> None:
        """What services say of themselves, which the last resort hears of."""
        for service in services:
            self.bus.publish(failed(service=service, failed_id=self._id()), service=service)

    def _publish(self, events: list[Event]) -> None:
        self.random.shuffle(events)
        for event in events:
            name = event.event_id if self.random.random() < 0.5 else self._id()
            self.bus.publish(event, event_id=name)

    def _escalated(self) -> Any:
        numbers = self.random.sample(range(PEOPLE), self.random.choice((1, 1, 2)))
        return self._about(tuple(person(n) for n in numbers), severity=self.random.choice(GRADES))

    def _about(self, people: tuple[str, ...], level: timedelta = LEVEL, **changes: Any) -> Any:
        ends = clock.now() + level
        made = escalated(*people, case_id=self._id(), respond_by=ends, facts=facts(region=None), **changes)
        self.wanted[made.escalation_id] = people
        return made

    def _id(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))
