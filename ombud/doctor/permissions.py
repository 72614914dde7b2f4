"""What one service needs of the broker, asked for thing by thing; called by broker.py.

Each question is refused before it does anything, or does nothing when it is allowed:
declare: anew, as the code declares it, what is there; bind: undo a binding that there never was; publish: in a
transaction that is rolled back; consume: with a priority that is no number, which is looked at after the permission.
"""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import amqp
from amqp.exceptions import AccessRefused, NotFound, PreconditionFailed

from ombud.doctor.finding import Finding, fault, note
from shared.contracts import permissions, topology
from shared.contracts.topology import Queue
from shared.messaging import connection as broker

Channels = Callable[[], Any]  # gives an open channel
Ask = Callable[[Any], None]


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    ABSENT = "absent"
    OTHERWISE = "otherwise"


@dataclass(frozen=True)
class Needs:
    """declares: it makes exchanges and queues itself, as OMBUD_DECLARE_TOPOLOGY says."""

    declares: bool
    publishes_to: tuple[str, ...]
    reads: tuple[str, ...]

    @classmethod
    def of(cls, service: str, *, declares: bool) -> "Needs":
        return cls(declares, permissions.exchanges_of(service), permissions.queues_of(service))


def look(channels: Channels, needs: Needs) -> Iterator[Finding]:
    """Everything that the relay and the subscriptions of the service will ask for."""
    absent: list[str] = []
    yield from _topology(channels, needs.declares, absent)
    for exchange in needs.publishes_to:
        if exchange not in absent:
            name = exchange or permissions.DEFAULT_EXCHANGE
            yield from _may(channels, "publish to", name, _publish(exchange), absent)
    for queue in needs.reads:
        if queue not in absent:
            yield from _may(channels, "consume from", queue, _consume(queue), absent)
    if absent:
        yield _not_there(absent, needs.declares)


def _topology(channels: Channels, declares: bool, absent: list[str]) -> Iterator[Finding]:
    """What is another than the code expects can be seen only by a user who may declare it."""
    for exchange in topology.EXCHANGES:
        yield from _declared(channels, "exchange", exchange, _declare_exchange(exchange, declares), absent)
    for queue in topology.QUEUES:
        yield from _declared(channels, "queue", queue.name, _declare_queue(queue, declares), absent)
        if declares and queue.name not in absent and queue.exchange not in absent:
            yield from _may(channels, "bind", f"{queue.name} to {queue.exchange}", _bind(queue), absent)


def _not_there(absent: list[str], declares: bool) -> Finding:
    some = ", ".join(absent[:3]) + (" …" if len(absent) > 3 else "")
    text = f"{len(absent)} exchanges and queues are not there ({some})"
    if declares:
        return note(text, "start a service, which makes them; then ask again, for the permissions")
    return fault(text, "run `ombud topology` as the user ombud-topology")


def _declared(channels: Channels, kind: str, name: str, asks: Sequence[Ask], absent: list[str]) -> Iterator[Finding]:
    answer, why = Answer.YES, ""
    for ask in asks:
        answer, why = _ask(channels, ask)
        if answer is Answer.ABSENT:
            absent.append(name)
            return
    if answer is Answer.NO and len(asks) > 1:  # a refusal of the first question says nothing: see check_topology
        yield _lacks("declare", f"{kind} {name}", "configure")
    elif answer is Answer.OTHERWISE:
        yield fault(
            f"the {kind} {name} is another than the code expects: {why}",
            f"let it run empty, delete it, and start a service: it is made anew (docs/runbook.md). "
            f"A policy of the broker may also be the reason: rabbitmqctl list_{kind}s name arguments",
        )


def _may(channels: Channels, what: str, name: str, ask: Ask, absent: list[str]) -> Iterator[Finding]:
    answer, _ = _ask(channels, ask)
    if answer is Answer.ABSENT:
        absent.append(name)
    if answer is Answer.NO:
        kinds = {"bind": "write on the queue and read on the exchange", "publish to": "write", "consume from": "read"}
        yield _lacks(what, name, kinds[what])


def _lacks(what: str, name: str, permission: str) -> Finding:
    return fault(
        f"its user may not {what} {name}", f"give it {permission}: rabbitmqctl set_permissions -p VHOST USER …"
    )


def _ask(channels: Channels, ask: Ask) -> tuple[Answer, str]:
    try:
        ask(channels())
    except AccessRefused:
        return Answer.NO, ""
    except NotFound:
        return Answer.ABSENT, ""
    except PreconditionFailed as error:
        return Answer.OTHERWISE, str(error.reply_text).partition("PRECONDITION_FAILED - ")[2] or str(error)
    return Answer.YES, ""


def _declare_exchange(name: str, declares: bool) -> Sequence[Ask]:
    """Whether it is there, for which old brokers want no permission; then as the code would make it."""
    asks: list[Ask] = [lambda channel: channel.exchange_declare(name, "topic", passive=True)]
    if declares:
        asks.append(lambda channel: channel.exchange_declare(name, "topic", durable=True, auto_delete=False))
    return asks


def _declare_queue(queue: Queue, declares: bool) -> Sequence[Ask]:
    asks: list[Ask] = [lambda channel: channel.queue_declare(queue.name, passive=True)]
    if declares:
        ours = broker.arguments_of(queue)
        asks.append(lambda channel: channel.queue_declare(queue.name, durable=True, auto_delete=False, arguments=ours))
    return asks


def _bind(queue: Queue) -> Ask:
    return lambda channel: channel.queue_unbind(queue.name, queue.exchange, _nobody_s_key())


def _publish(exchange: str) -> Ask:
    def ask(channel: Any) -> None:
        channel.tx_select()
        channel.basic_publish(amqp.Message(""), exchange, _nobody_s_key())
        channel.tx_rollback()

    return ask


def _consume(queue: str) -> Ask:
    return lambda channel: channel.basic_consume(queue, arguments={"x-priority": "none"})


def _nobody_s_key() -> str:
    return f"ombud.doctor.{uuid.uuid4()}"
