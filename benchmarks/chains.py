"""The three chains that are measured: what runs in them, where they begin, what is their end; used by trial.py."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from benchmarks.servers import PROJECT, Room
from benchmarks.tap import Binding
from ombud.layout import Place
from ombud.local.ports import free_ports
from ombud.migrate.command import migrations_of
from services.escalation.settings import SHIPPED_POLICY
from shared.contracts.escalation import CaseEscalated
from shared.contracts.notify import AlertAccepted
from shared.contracts.routing import ComplaintAssigned, ComplaintQueued
from shared.contracts.topology import QUEUES, SERVICES, UPSTREAM_EXCHANGE, exchange_of, queue_between
from shared.schema import migrate

TOKEN = "token-of-the-benchmark"
ASSIGNED, ALERTED, ARRIVED = "assigned", "alert accepted", "last hop"
HOPS = ("first", "second", "third", "fourth")
STOCK_EVENT = "passed"


@dataclass(frozen=True)
class Member:
    """One process of a chain."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    place: Place


@dataclass(frozen=True)
class Chain:
    """`queues` must have a consumer before anything is published; `ends`: event type to its name in the results."""

    name: str
    room: Room
    members: tuple[Member, ...]
    queues: tuple[str, ...]
    exchange: str
    type: str
    taps: tuple[Binding, ...]
    ends: Mapping[str, str]

    def place_of(self, member: str) -> Place:
        return next(m.place for m in self.members if m.name == member)


def ombud(room: Room, smtp_url: str) -> Chain:
    """The four services as they are, on one database with a schema each.

    Under the shipped policy without its storms: the samples again and again are one, and few alerts would be left.
    """
    places = {service: _place(service) for service in SERVICES}
    if room.postgres:
        room.make_database("all")
    settings = {
        "OMBUD_API_TOKEN": TOKEN,
        "OMBUD_LINK_KEYS": "key-of-the-benchmark",
        "OMBUD_SMTP_URL": smtp_url,
        "OMBUD_PUBLIC_URL": places["escalation"].url,
        "OMBUD_MAIL_FROM": "Ombud <ombud@example.org>",
        "OMBUD_LAST_RESORT": "operations.duty",
        "OMBUD_ESCALATION_POLICY": str(policy_file(room)),
    }
    members = []
    for service, place in places.items():
        url = room.database("all" if room.postgres else service)
        migrate(url, service, migrations_of(service))
        members.append(_member(service, ("-m", f"services.{service}"), place, room, url, settings))
    taps = tuple(Binding(exchange_of(e.publisher), e.type) for e in (ComplaintAssigned, ComplaintQueued, AlertAccepted))
    ends = {ComplaintAssigned.type: ASSIGNED, ComplaintQueued.type: ASSIGNED, AlertAccepted.type: ALERTED}
    return Chain(
        "ombud",
        room,
        tuple(members),
        tuple(q.name for q in QUEUES),
        UPSTREAM_EXCHANGE,
        "complaint.submitted",
        taps,
        ends,
    )


def policy_file(room: Room) -> Path:
    """The shipped policy of escalation without storms, in the room's folder."""
    file = room.folder / "escalation.yml"
    if not file.exists():
        content = yaml.safe_load(SHIPPED_POLICY.read_text(encoding="utf-8"))
        named = {storm["ladder"] for storm in content.pop("storms")}
        content["ladders"] = [ladder for ladder in content["ladders"] if ladder["name"] not in named]
        file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return file


def routing_alone(room: Room) -> Chain:
    """The routing service, given what intake would publish."""
    url = room.make_database("all")
    migrate(url, "routing", migrations_of("routing"))
    member = _member("routing", ("-m", "services.routing"), _place("routing"), room, url, {"OMBUD_API_TOKEN": TOKEN})
    queues = tuple(q.name for q in QUEUES if q.consumer == "routing")
    return Chain("routing", room, (member,), queues, exchange_of("intake"), "", (), {})


def escalation_alone(room: Room, database: str, replicas: int) -> Chain:
    """The escalation service, which has only the time to listen to."""
    url = room.make_database(database)
    migrate(url, "escalation", migrations_of("escalation"))
    settings = {"OMBUD_API_TOKEN": TOKEN, "OMBUD_LINK_KEYS": "key-of-the-benchmark"}
    names = ("escalation", *(f"escalation {n}" for n in range(2, replicas + 1)))
    argv = ("-m", "services.escalation")
    members = tuple(_member(name, argv, _place("escalation"), room, url, settings) for name in names)
    queues = tuple(q.name for q in QUEUES if q.consumer == "escalation")
    taps = (Binding(exchange_of("escalation"), CaseEscalated.type),)
    return Chain("escalation", room, members, queues, exchange_of("intake"), "", taps, {})


def notify_alone(room: Room, smtp_url: str) -> Chain:
    """The notify service, given what escalation would publish."""
    url = room.make_database("all")
    migrate(url, "notify", migrations_of("notify"))
    settings = {
        "OMBUD_API_TOKEN": TOKEN,
        "OMBUD_LINK_KEYS": "key-of-the-benchmark",
        "OMBUD_SMTP_URL": smtp_url,
        "OMBUD_MAIL_FROM": "Ombud <ombud@example.org>",
        "OMBUD_LAST_RESORT": "operations.duty",
    }
    member = _member("notify", ("-m", "services.notify"), _place("notify"), room, url, settings)
    queues = tuple(q.name for q in QUEUES if q.consumer == "notify")
    taps = (Binding(exchange_of("notify"), AlertAccepted.type),)
    return Chain("notify", room, (member,), queues, exchange_of("escalation"), CaseEscalated.type, taps, {})


def bare(room: Room) -> Chain:
    """Four hops on the same plumbing that do nothing; see bare/hops.py for why they bear these names."""
    hops = (
        ("first", "intake", UPSTREAM_EXCHANGE),
        ("second", "escalation", "intake"),
        ("third", "notify", "escalation"),
        ("fourth", "escalation", "notify"),
    )
    members, queues = [], []
    for hop, service, source in hops:
        url = room.make_database(hop)
        migrate(url, service, PROJECT / "benchmarks/bare/migrations")
        members.append(_member(hop, ("-m", "benchmarks.bare", hop), Place(service, 1, *free_ports(2)), room, url, {}))
        queues.append(queue_between(service, source).name)
    end = "case.opened"
    return Chain(
        "bare",
        room,
        tuple(members),
        tuple(queues),
        UPSTREAM_EXCHANGE,
        "complaint.submitted",
        (Binding(exchange_of("escalation"), end),),
        {end: ARRIVED},
    )


def stock(room: Room) -> Chain:
    """Four services as nameko's own documentation writes them."""
    members, queues = [], []
    for hop, source in zip(HOPS, ("upstream", *HOPS), strict=False):
        url = room.make_database(hop)
        members.append(_member(hop, ("-m", "benchmarks.stock", hop, source), Place(hop, 1, 0, 0), room, url, {}))
        queues.append(f"evt-{source}-{STOCK_EVENT}--{hop}.pass_on")
    return Chain(
        "stock",
        room,
        tuple(members),
        tuple(queues),
        exchange_of("upstream"),
        STOCK_EVENT,
        (Binding(exchange_of(HOPS[-1]), STOCK_EVENT),),
        {STOCK_EVENT: ARRIVED},
    )


def _place(service: str) -> Place:
    return Place(service, 1, *free_ports(2))


def _member(
    name: str, argv: tuple[str, ...], place: Place, room: Room, url: str, settings: Mapping[str, str]
) -> Member:
    own = {
        "PYTHONPATH": str(PROJECT),
        "OMBUD_AMQP_URI": room.amqp_uri,
        "OMBUD_DATABASE_URL": url,
        "OMBUD_PORT": str(place.port),
        "OMBUD_OPS_PORT": str(place.ops_port),
        "OMBUD_DATA_DIR": str(room.folder),
        "OMBUD_READABLE_LOGS": "false",
    }
    return Member(name, (str(Path(sys.executable)), *argv), {**own, **settings}, place)
