"""Checks the broker as one service finds it: reachable, its login, and what it may do there. Sends no message.

Permissions are found out by what the broker refuses: each question is one that changes nothing where it is allowed.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from urllib.parse import urlsplit

import amqp
from amqp.exceptions import AccessRefused, NotAllowed

from ombud.doctor import permissions
from ombud.doctor.finding import Check, Finding, Subject, fault, note, warning
from ombud.doctor.permissions import Needs
from ombud.doctor.site import Site
from ombud.send import publisher
from ombud.trouble import Trouble
from shared.broker_address import BrokerAddress
from shared.messaging import connection as broker

OLDEST = (3, 10)  # dead letters of quorum queues, at least once
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SETTING = "OMBUD_AMQP_URI"


class Blocked(Exception):
    """The broker takes no messages: an alarm of its memory or its disk."""


def checks(site: Site) -> Iterator[Check]:
    for service in site.services:
        if service.settings is not None and "AMQP_URI" not in service.unusable:
            common = service.common
            needs = Needs.of(service.name, declares=common.declares_topology)
            yield Check(Subject.BROKER, service.name, partial(look, common.amqp_uri, needs))


def look(uri: str, needs: Needs) -> Iterator[Finding]:
    try:
        where = publisher.address_of(uri)
    except (Trouble, ValueError):
        yield fault(f"{_SETTING} is not an AMQP address", "write it as amqps://user:password@host:5671/vhost")
        return
    if uri.startswith("amqp://") and urlsplit(uri).hostname not in LOOPBACK:
        yield note(f"the way to {where} is not encrypted", f"use amqps:// in {_SETTING}")
    try:
        connection = broker.connect(uri)
    except (*broker.LOST, ssl.SSLError) as error:
        yield unreachable(where, error.__cause__ or error, BrokerAddress.parse(uri).user)
        return
    try:
        yield from _inside(connection, needs, where)
    finally:
        with suppress(*broker.LOST):
            connection.collect()


def unreachable(where: str, error: BaseException, user: str) -> Finding:
    """Why nobody gets in, in the words of an operator."""
    match error:
        case AccessRefused():
            return fault(
                f"{where} refuses the login of {user}: unknown user or wrong password",
                f"set {_SETTING} to a user that the broker knows: rabbitmqctl authenticate_user {user} …",
            )
        case NotAllowed():
            return fault(
                f"{where}: there is no such virtual host, or {user} may not enter it",
                f"rabbitmqctl add_vhost …, rabbitmqctl set_permissions -p … {user} …; or set the path of {_SETTING}",
            )
        case ssl.SSLCertVerificationError():
            return fault(
                f"the certificate of {where} is not trusted: {error.verify_message}",
                f"name its CA in {_SETTING} (?cacertfile=…), or the host as the certificate does",
            )
        case ssl.SSLError():
            return fault(f"{where} speaks no TLS there: {error.reason}", f"look at scheme and port in {_SETTING}")
        case socket.gaierror():
            return fault(f"the host of {where} is not known", f"look at the name in {_SETTING}, and at the DNS")
        case TimeoutError():
            return fault(f"{where} does not answer", "see whether it runs, and whether a firewall is in between")
        case ConnectionResetError():
            return fault(f"{where} runs and lets nobody in", "look into its log: was its disk full? Restart it")
    return fault(f"{where} cannot be reached: {error or type(error).__name__}", f"start it, or look at {_SETTING}")


def _inside(connection: amqp.Connection, needs: Needs, where: str) -> Iterator[Finding]:
    if old := _too_old(connection):
        yield old
    connection.on_blocked = _raise_blocked
    try:
        yield from permissions.look(_Channels(connection), needs)
    except Blocked:
        yield fault(
            f"{where} takes no messages: an alarm of its memory or its disk is on",
            "rabbitmq-diagnostics alarms; free disk or memory, or raise its limits",
        )


class _Channels:
    """Gives the same channel for one question after the other; a new one where the answer was no, which closes it."""

    def __init__(self, connection: amqp.Connection):
        self._connection, self._channel = connection, connection.channel()

    def __call__(self) -> amqp.Channel:
        if not self._channel.is_open:
            self._channel = self._connection.channel()
        return self._channel


def _raise_blocked(reason: str) -> None:
    raise Blocked(reason)


def _too_old(connection: amqp.Connection) -> Finding | None:
    version = str(connection.server_properties.get("version", ""))
    parts = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if parts >= OLDEST:
        return None
    wanted = ".".join(map(str, OLDEST))
    return warning(f"the broker is RabbitMQ {version or 'of an unknown version'}", f"bring it to {wanted} or newer")
