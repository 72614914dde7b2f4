"""Each user of the deployment can do on a real RabbitMQ what it is for, and nothing else."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import amqp
import pytest
from amqp.exceptions import AccessRefused

from ombud.send import publisher
from ombud.send.lines import Kind, Line
from ombud.topology import topology
from ombud.trouble import Trouble
from shared.broker_address import BrokerAddress
from shared.contracts.topology import EXCHANGES, QUEUES, SERVICES
from shared.messaging.connection import TopologyConflict, check_topology, declare_topology
from tests.harness.secure import BrokerUsers, resources

QUEUE_NAMES = [queue.name for queue in QUEUES]
TELLERS = {"ombud-upstream": "complaints", "ombud-workforce": "workforce"}
NO_MESSAGE = amqp.Message(b"{}")
Attempt = Callable[[amqp.Channel], object]


@contextmanager
def connected(users: BrokerUsers, name: str) -> Iterator[amqp.Connection]:
    made = amqp.Connection(**BrokerAddress.parse(users.uri(name)).arguments, confirm_publish=True, read_timeout=30)
    made.connect()
    try:
        yield made
    finally:
        made.collect()


def is_refused(connection: amqp.Connection, attempt: Attempt) -> bool:
    """On a channel of its own: the broker closes the one on which something was refused."""
    channel = connection.channel()
    try:
        attempt(channel)
    except AccessRefused:
        return True
    channel.close()
    return False


def allowed(users: BrokerUsers, name: str, attempts: dict[str, Attempt]) -> list[str]:
    """Which of these the broker lets the user do."""
    with connected(users, name) as connection:
        return [what for what, attempt in attempts.items() if not is_refused(connection, attempt)]


def reading() -> dict[str, Attempt]:
    return {name: lambda channel, name=name: channel.basic_get(name) for name in QUEUE_NAMES}


def publishing(*more: str) -> dict[str, Attempt]:
    return {
        name: lambda channel, name=name: channel.basic_publish_confirm(NO_MESSAGE, name, "nobody.listens")
        for name in (*EXCHANGES, *more)
    }


def emptying(queue: str) -> dict[str, Attempt]:
    return {
        "purge": lambda channel: channel.queue_purge(queue),
        "consume": lambda channel: channel.basic_consume(queue),
    }


def making(own: str, other: str, exchange: str) -> dict[str, Attempt]:
    """What changes the broker itself; nobody but the user for it may do any of it, to its own things neither."""
    return {
        "declare own queue": lambda c: c.queue_declare(own, durable=True, auto_delete=False),
        "declare another's queue": lambda c: c.queue_declare(other, durable=True, auto_delete=False),
        "declare a new queue": lambda c: c.queue_declare("spy", auto_delete=True),
        "declare an exclusive queue": lambda c: c.queue_declare("", exclusive=True),
        "declare a new exchange": lambda c: c.exchange_declare("spy", "fanout"),
        "declare its exchange": lambda c: c.exchange_declare(exchange, "topic", durable=True, auto_delete=False),
        "bind own queue": lambda c: c.queue_bind(own, "intake.events", "complaint.rated"),
        "bind another's queue": lambda c: c.queue_bind(other, exchange, "spied"),
        "unbind own queue": lambda c: c.queue_unbind(own, "intake.events", "complaint.rated"),
        "bind exchanges": lambda c: c.exchange_bind("complaints", exchange, "#"),
        "delete own queue": lambda c: c.queue_delete(own),
        "delete another's queue": lambda c: c.queue_delete(other),
        "delete its exchange": lambda c: c.exchange_delete(exchange),
    }


def another(service: str) -> str:
    return next(name for name in QUEUE_NAMES if not name.startswith(f"{service}."))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_exactly_its_own_queues(users: BrokerUsers, service: str) -> None:
    own = [name for name in QUEUE_NAMES if name.startswith(f"{service}.")]
    assert allowed(users, f"ombud-{service}", reading()) == own != []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_publishes_exactly_as_itself(users: BrokerUsers, service: str) -> None:
    assert allowed(users, f"ombud-{service}", publishing()) == [f"{service}.events"]


@pytest.mark.parametrize("service", SERVICES)
def test_only_notify_puts_a_message_straight_into_a_queue(users: BrokerUsers, service: str) -> None:
    straight = {"straight": lambda c: c.basic_publish_confirm(NO_MESSAGE, "", "nobody.listens")}
    assert allowed(users, f"ombud-{service}", straight) == (["straight"] if service == "notify" else [])


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_makes_and_deletes_nothing(users: BrokerUsers, service: str) -> None:
    own = next(name for name in QUEUE_NAMES if name.startswith(f"{service}."))
    attempts = making(own, another(service), f"{service}.events")
    assert allowed(users, f"ombud-{service}", attempts) == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_empties_no_queue_of_another(users: BrokerUsers, service: str) -> None:
    assert allowed(users, f"ombud-{service}", emptying(another(service))) == []


@pytest.mark.parametrize("name", TELLERS)
def test_who_tells_from_outside_may_write_to_one_exchange(users: BrokerUsers, name: str) -> None:
    own = QUEUE_NAMES[0]
    attempts = publishing("") | reading() | emptying(own) | making(own, QUEUE_NAMES[-1], TELLERS[name])
    assert allowed(users, name, attempts) == [TELLERS[name]]


def test_who_looks_may_do_nothing(users: BrokerUsers) -> None:
    own = QUEUE_NAMES[0]
    attempts = publishing("") | reading() | emptying(own) | making(own, QUEUE_NAMES[-1], "complaints")
    assert allowed(users, "ombud-monitoring", attempts) == []


def test_who_makes_the_topology_makes_nothing_else_and_publishes_nothing(users: BrokerUsers) -> None:
    attempts = publishing("") | {
        "declare a new queue": lambda c: c.queue_declare("spy", auto_delete=True),
        "declare a new exchange": lambda c: c.exchange_declare("spy", "fanout"),
    }
    # Its queues name the exchange for dead letters, and for that the broker wants the right to write there.
    assert allowed(users, "ombud-topology", attempts) == ["dead-letters"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_may_look_whether_all_is_there(users: BrokerUsers, service: str) -> None:
    with connected(users, f"ombud-{service}") as connection:
        check_topology(connection)


def test_a_service_that_would_declare_is_told_how_to_leave_it(users: BrokerUsers) -> None:
    with (
        connected(users, "ombud-routing") as connection,
        pytest.raises(
            TopologyConflict, match=r"exchange 'complaints'.*no right to configure.*OMBUD_DECLARE_TOPOLOGY=false"
        ),
    ):
        declare_topology(connection)


def test_topology_is_made_by_its_user_and_again_without_harm(
    empty_host: Callable[[], BrokerUsers], capsys: pytest.CaptureFixture[str]
) -> None:
    users = empty_host()
    users.make("ombud-topology")
    for _ in range(2):
        topology(["--amqp-uri", users.uri("ombud-topology")], standalone_mode=False)
        said = f"{len(EXCHANGES)} exchanges and {len(QUEUES)} queues are there, with their bindings\n"
        assert capsys.readouterr().out == said
    assert {each["name"] for each in users.there()["queues"]} == set(QUEUE_NAMES)


def test_the_operator_makes_the_same_topology(users: BrokerUsers) -> None:
    """Held against what the code made on the real broker; the operator itself does not run here."""
    there, told = users.there(), resources("topology.yaml")
    queues = {s["name"]: {"x-queue-type": s["type"], **s.get("arguments", {})} for s in specs(told, "Queue")}
    assert queues == {queue["name"]: queue["arguments"] for queue in there["queues"]}
    exchanges = {(s["name"], s["type"], s["durable"]) for s in specs(told, "Exchange")}
    assert exchanges == {(each["name"], each["type"], each["durable"]) for each in there["exchanges"]}
    bindings = {(s["source"], s["destination"], s["routingKey"]) for s in specs(told, "Binding")}
    assert bindings == {(each["source"], each["destination"], each["routing_key"]) for each in there["bindings"]}


def specs(told: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [made["spec"] for made in told if made["kind"] == kind]


def test_names_of_resources_are_their_own() -> None:
    names = [(made["kind"], made["metadata"]["name"]) for made in resources("topology.yaml")]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name) for _, name in names)


def test_ombud_send_works_as_upstream_and_says_what_another_may_not(users: BrokerUsers) -> None:
    line = Line("1", "complaint.received", "web", b"{}", Kind.COMPLAINT)
    with publisher.publishing(users.uri("ombud-upstream")) as telling:
        telling.send([line])
    with (
        publisher.publishing(users.uri("ombud-workforce")) as telling,
        pytest.raises(Trouble, match=r"the user of the broker may not tell complaints.*exchange 'complaints'"),
    ):
        telling.send([line])


def test_who_may_not_make_the_topology_is_told_what_is_missing(users: BrokerUsers) -> None:
    with pytest.raises(Trouble, match=r"exchange 'complaints'.*no right to configure"):
        topology(["--amqp-uri", users.uri("ombud-intake")], standalone_mode=False)
