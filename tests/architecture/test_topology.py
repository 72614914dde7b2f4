"""The table of queues says exactly what the services listen to, and nobody listens to what is never said."""

import inspect
from collections import Counter

import pytest
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

from services.escalation.service import EscalationService
from services.intake.service import IntakeService
from services.notify.service import NotifyService
from services.routing.service import RoutingService
from shared.contracts.event import event_class, event_classes
from shared.contracts.failure import ANY_SERVICE
from shared.contracts.topology import (
    DEAD_LETTERS_EXCHANGE,
    QUEUES,
    SERVICES,
    UPSTREAM_EXCHANGE,
    WORKFORCE_EXCHANGE,
    Queue,
)
from shared.messaging import Subscription

CLASSES = {c.name: c for c in (IntakeService, RoutingService, EscalationService, NotifyService)}


def subscriptions(service: str) -> list[Subscription]:
    return [
        entrypoint
        for _, method in inspect.getmembers(CLASSES[service], inspect.isfunction)
        for entrypoint in getattr(method, ENTRYPOINT_EXTENSIONS_ATTR, ())
        if isinstance(entrypoint, Subscription)
    ]


def wanted(subscription: Subscription) -> list[str]:
    return sorted(e.type for e in subscription.events) or ["#"]


def test_every_service_of_the_table_is_a_service() -> None:
    assert set(CLASSES) == set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_queues_of_a_service_are_its_subscriptions(service: str) -> None:
    declared = {q.source: sorted(q.keys) for q in QUEUES if q.consumer == service}
    assert {s.source: wanted(s) for s in subscriptions(service)} == declared


@pytest.mark.parametrize("service", SERVICES)
def test_one_subscription_for_each_queue(service: str) -> None:
    """Two on one queue would each get half of the events of the other."""
    assert [s for s, count in Counter(s.source for s in subscriptions(service)).items() if count > 1] == []


@pytest.mark.parametrize("queue", QUEUES, ids=lambda q: q.name)
def test_what_is_listened_to_is_published_there(queue: Queue) -> None:
    if queue.source in (UPSTREAM_EXCHANGE, WORKFORCE_EXCHANGE, DEAD_LETTERS_EXCHANGE):
        assert queue.keys == ("#",), "an unknown type is put aside, not dropped"
        return
    unknown = [key for key in queue.keys if not (event_class(queue.source, key) or event_class(ANY_SERVICE, key))]
    assert unknown == []


def test_names_of_queues_tell_consumer_source_and_version() -> None:
    names = [q.name for q in QUEUES]
    assert len(set(names)) == len(names)
    assert all(q.name == f"{q.consumer}.{q.source}.v1" for q in QUEUES)


def test_publishers_of_events_are_services() -> None:
    assert {e.publisher for e in event_classes()} <= {*SERVICES, ANY_SERVICE}


def test_failure_of_any_service_is_heard() -> None:
    heard = {q.source for q in QUEUES if q.consumer == "notify" and "event.failed" in q.keys}
    assert heard == set(SERVICES)
