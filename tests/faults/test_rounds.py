"""Fault rounds: the system is hurt in every way that we know under load, healed, and held to its promises."""

import random

import pytest

from ombud.local.broker import PrivateBroker
from ombud.local.postgres import PrivatePostgres
from shared.contracts.topology import SERVICES
from tests.faults.checker import broken_promises
from tests.faults.load import Load
from tests.harness.bus import Bus
from tests.harness.process import at_once, eventually
from tests.harness.servers import stopped
from tests.harness.system import System

pytestmark = pytest.mark.timeout(900)  # a round restarts services some twenty times
_QUEUES = {
    "intake": ("intake.complaints.v1",),
    "routing": ("routing.intake.v1",),
    "escalation": ("escalation.intake.v1", "escalation.notify.v1"),
    "notify": ("notify.escalation.v1",),
}
_PLACES = ("before_commit", "after_commit", "before_ack")
KILLS = [
    *((s, f"{q}.{place}") for s in SERVICES for q in _QUEUES[s] for place in _PLACES),
    *((s, "outbox.published") for s in SERVICES),
    *(("notify", f"notify.{place}") for place in ("claimed", "handed_off", "sent", "settled")),
]
LEASE_MINUTES = 4  # longer than notify's lease, shorter than the first deadline of the policy


def heal_and_check(system: System, load: Load) -> None:
    for service in system:
        if not service.is_alive:
            service.launch()
    for service in system:
        eventually(service.is_ready, f"{service.module} to be ready", service.log)
    system.settle(patience=180, timed=False)
    system.advance(minutes=LEASE_MINUTES)
    system.settle(patience=180)
    assert broken_promises(system, load) == [], system.logs()


def test_killed_at_every_place_under_load(system: System, round_number: int) -> None:
    load = Load(system.bus, seed=round_number)
    system.start()
    for name, place in random.Random(round_number).sample(KILLS, len(KILLS)):
        service = system.services[name]
        service.kill()
        service.launch(OMBUD_FAILPOINTS=f"{place}=kill@1")
        load.send(10)
        eventually(lambda service=service: not service.is_alive, f"{name} to die at {place}", service.log)  # type: ignore[misc]
        service.launch()
    heal_and_check(system, load)


def test_broker_and_database_restart_under_load(
    system: System, round_number: int, broker: PrivateBroker, postgres: PrivatePostgres, amqp_uri: str
) -> None:
    load = Load(system.bus, seed=1000 + round_number)
    system.start()
    load.send(60)
    postgres.restart("fast")
    load.send(60)
    postgres.restart("immediate")
    load.send(60)
    broker.restart()
    load.bus.close()
    system.bus = load.bus = Bus(amqp_uri)
    load.send(60)
    with stopped(broker, by=broker.kill):
        pass
    load.bus.close()
    system.bus = load.bus = Bus(amqp_uri)
    load.send(60)
    heal_and_check(system, load)


def test_every_event_three_times_out_of_order_with_poison_between(system: System, round_number: int) -> None:
    load = Load(system.bus, seed=2000 + round_number)
    system.start()
    taps = {s: system.bus.tap(s) for s in SERVICES}
    load.send(100)
    system.settle()
    copies = [(s, headers, data) for s in SERVICES for headers, data in system.bus.take(taps[s])] * 2
    random.Random(round_number).shuffle(copies)
    for service, headers, data in copies:
        system.bus.again(service, headers, data)
    load.send_poison()
    heal_and_check(system, load)


def test_two_replicas_of_each_share_the_work(system: System, round_number: int) -> None:
    load = Load(system.bus, seed=3000 + round_number)
    system.start()
    twins = at_once(service.twin() for service in system)
    for _ in range(5):
        load.send(60)
    system.settle()
    for twin in twins:
        assert twin.stop() == 0
    heal_and_check(system, load)


def test_killed_at_every_place_of_notify_on_sqlite(sqlite_system: System, round_number: int) -> None:
    system, load = sqlite_system, Load(sqlite_system.bus, seed=4000 + round_number)
    system.start()
    for name, place in KILLS[-8:]:
        service = system.services[name]
        service.kill()
        service.launch(OMBUD_FAILPOINTS=f"{place}=kill@1")
        load.send(10)
        eventually(lambda service=service: not service.is_alive, f"{name} to die at {place}", service.log)  # type: ignore[misc]
        service.launch()
    heal_and_check(system, load)
