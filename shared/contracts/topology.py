"""Who needs what: every exchange, queue and binding, declared at boot by whoever starts first, or by a job.

Read by the subscription (its own queue), the relay (what must be `mandatory`), permissions.py (who may do what), and a
test that holds it against the services' subscriptions.
"""

from dataclasses import dataclass

from shared.contracts.escalation import (
    CaseAcknowledged,
    CaseCorrected,
    CaseEscalated,
    CaseExhausted,
    CaseHandedBack,
    CaseMuted,
    CaseResolved,
    CaseSnoozed,
    CaseWarned,
)
from shared.contracts.event import Event
from shared.contracts.failure import EventFailed
from shared.contracts.intake import (
    ComplaintAnswered,
    ComplaintClassified,
    ComplaintEscalationRequested,
    ComplaintForgotten,
    ComplaintMerged,
    ComplaintRated,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintUpdated,
)
from shared.contracts.notify import (
    AlertAccepted,
    AlertAmbiguous,
    AlertAnswered,
    AlertDelivered,
    AlertFailed,
    AlertSuppressed,
    EscalationUnreachable,
)
from shared.contracts.routing import ComplaintAssigned, ComplaintQueued

SERVICES = ("intake", "routing", "escalation", "notify")
UPSTREAM_EXCHANGE = "complaints"
WORKFORCE_EXCHANGE = "workforce"
# Where the broker puts what it gave up on: a message whose consumers die of it, again and again.
DEAD_LETTERS_EXCHANGE = "dead-letters"
_FOREIGN = (UPSTREAM_EXCHANGE, WORKFORCE_EXCHANGE, DEAD_LETTERS_EXCHANGE)
STRAIGHT = ""  # AMQP's default exchange: the routing key is the name of the one queue that gets it


def exchange_of(service: str) -> str:
    return f"{service}.events"


@dataclass(frozen=True)
class Queue:
    """One quorum queue per consumer and source; `keys` are the routing keys that it is bound with."""

    consumer: str
    source: str
    keys: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.consumer}.{self.source}.v1"

    @property
    def exchange(self) -> str:
        return self.source if self.source in _FOREIGN else exchange_of(self.source)


def _queue(consumer: str, source: str, *events: type[Event]) -> Queue:
    return Queue(consumer, source, tuple(e.type for e in events))


QUEUES = (
    Queue("intake", UPSTREAM_EXCHANGE, ("#",)),
    _queue("intake", "escalation", CaseCorrected),
    _queue(
        "routing",
        "intake",
        ComplaintClassified,
        ComplaintUpdated,
        ComplaintAnswered,
        ComplaintResolved,
        ComplaintReopened,
        ComplaintMerged,
        ComplaintForgotten,
    ),
    _queue("routing", "escalation", CaseResolved, CaseHandedBack),
    Queue("routing", WORKFORCE_EXCHANGE, ("#",)),
    _queue(
        "escalation",
        "intake",
        ComplaintClassified,
        ComplaintUpdated,
        ComplaintAnswered,
        ComplaintResolved,
        ComplaintReopened,
        ComplaintRated,
        ComplaintEscalationRequested,
        ComplaintMerged,
        ComplaintForgotten,
    ),
    _queue("escalation", "routing", ComplaintAssigned, ComplaintQueued),
    _queue(
        "escalation",
        "notify",
        AlertAccepted,
        AlertDelivered,
        AlertFailed,
        AlertSuppressed,
        AlertAmbiguous,
        AlertAnswered,
        EscalationUnreachable,
    ),
    _queue(
        "notify",
        "escalation",
        CaseEscalated,
        CaseWarned,
        CaseAcknowledged,
        CaseSnoozed,
        CaseHandedBack,
        CaseMuted,
        CaseResolved,
        CaseExhausted,
        EventFailed,
    ),
    _queue("notify", "intake", EventFailed, ComplaintMerged, ComplaintForgotten),
    _queue("notify", "routing", ComplaintAssigned, ComplaintQueued, EventFailed),
    _queue("notify", "notify", EventFailed),
    Queue("notify", DEAD_LETTERS_EXCHANGE, ("#",)),
)
EXCHANGES = (*_FOREIGN, *(exchange_of(s) for s in SERVICES))


def queue_between(consumer: str, source: str) -> Queue:
    return next(q for q in QUEUES if (q.consumer, q.source) == (consumer, source))


def is_needed(exchange: str, type_: str) -> bool:
    """True when somebody listens: the relay publishes it as `mandatory` and keeps it until a queue has it."""
    return exchange == STRAIGHT or (exchange, type_) in _NEEDED


_NEEDED = {(q.exchange, key) for q in QUEUES for key in q.keys}
