"""Complaints for fault rounds: some severe, most not, every message told up to three times and out of order."""

import random
import uuid
from dataclasses import dataclass, field

import orjson

from tests.harness.bus import Bus
from tests.harness.system import KETTLE, MILD

SEVERE_EVERY = 5


@dataclass
class Load:
    """What was sent so far; the checker holds the system against it."""

    bus: Bus
    seed: int
    sent: set[str] = field(default_factory=set)
    severe: set[str] = field(default_factory=set)
    poison: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def send(self, number: int) -> None:
        """That many new complaints, their copies among them."""
        messages = []
        for _ in range(number):
            external_id = f"{self.seed}-{len(self.sent)}"
            is_severe = len(self.sent) % SEVERE_EVERY == 0
            self.sent.add(external_id)
            if is_severe:
                self.severe.add(external_id)
            messages += [self._message(external_id, KETTLE if is_severe else MILD)] * self._random.randint(1, 3)
        self._random.shuffle(messages)
        for headers, body in messages:
            self.bus.raw("complaints", "complaint.submitted", body, headers)

    def send_poison(self) -> None:
        """A message that is none, to the door and to each service's own queue."""
        self.poison += 1
        for exchange, key in (
            ("complaints", "complaint.submitted"),
            ("intake.events", "complaint.classified"),
            ("routing.events", "complaint.assigned"),
            ("escalation.events", "case.escalated"),
            ("notify.events", "alert.accepted"),
        ):
            self.bus.raw(
                exchange, key, b'{"neither": "fish"', {"ce-id": uuid.uuid4().hex, "ce-source": "/ombud/nobody"}
            )

    def _message(self, external_id: str, text: str) -> tuple[dict[str, str], bytes]:
        body = {
            "source": "web",
            "external_id": external_id,
            "channel": "email",
            "text": text,
            "customer": {"region": "CZ", "language": "en"},
        }
        return {"ce-id": external_id, "ce-source": "web", "ce-type": "complaint.submitted"}, orjson.dumps(body)
