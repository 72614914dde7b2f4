"""Keeps letters to URLs of contacts out of our own network. Used by the channels that have such addresses.

Whoever writes contacts could else make notify post to what only this machine can reach: a database's port, another
service, the cloud's metadata. The address is checked where the connection is made, so a name that is looked up anew
cannot lead elsewhere.
"""

import ipaddress
import re
import socket
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import connection as sockets

from shared.settings import WrongSettings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,62})?(\.[a-z0-9_]([a-z0-9_-]{0,62})?)*")
# What the library takes for public: a translation of one's own, sites of old, IPv4 as it was once written in IPv6.
_INNER = tuple(map(ipaddress.IPv6Network, ("64:ff9b:1::/48", "fec0::/10", "::/96")))
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(NewConnectionError):
    """The host is in a network that letters must not go to."""


@dataclass(frozen=True)
class Allowed:
    """What may be posted to although it is not on the public internet; else nothing is."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> "Allowed":
        """From hosts, addresses and networks; raises WrongSettings."""
        hosts, networks = set(), []
        for entry in filter(None, (entry.strip().lower() for entry in entries)):
            try:
                networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                if not _HOST.fullmatch(entry):
                    raise WrongSettings(
                        f"OMBUD_WEBHOOK_ALLOW: {entry!r} is neither a host nor a network such as 10.1.0.0/16"
                    ) from None
                hosts.add(entry)
        return cls(frozenset(hosts), tuple(networks))

    def has_host(self, host: str) -> bool:
        return host.lower().rstrip(".") in self.hosts

    def permits(self, host: str, address: str) -> bool:
        """Whether a connection to this host may go to this address of it."""
        if self.has_host(host):
            return True
        each = [inner for outer in [ipaddress.ip_address(address)] for inner in _inside(outer)]
        return all(_is_public(one) or any(one in network for network in self.networks) for one in each)

    def permits_plain(self, host: str) -> bool:
        """Whether what goes there may be read on its way: only by those who own the way."""
        try:
            return self.has_host(host) or any(ipaddress.ip_address(host) in network for network in self.networks)
        except ValueError:
            return False

    def _permits_literal(self, host: str) -> bool:
        """False for an address in figures that is refused: behind a proxy no connection of ours would show it."""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return True
        return self.permits(host, host)

    def permits_url(self, url: str) -> bool:
        """Whether it is https with a host, or http to what is allowed; where its host leads shows only later."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            return False
        if not host or not url.isprintable() or " " in url or not self._permits_literal(host):
            return False
        return parts.scheme == "https" or (parts.scheme == "http" and self.permits_plain(host))


def addresses_of(host: str, port: int) -> list[Any]:
    """As `socket.getaddrinfo` gives them; raises OSError."""
    return socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)


def leads_out(allowed: Allowed, host: str) -> bool:
    """Whether every address of the host is permitted; raises OSError where it has none. For libraries that connect
    by themselves: what they find when they look it up again is theirs.
    """
    return all(allowed.permits(host, found[4][0]) for found in addresses_of(host, 0))


def _is_public(address: Address) -> bool:
    is_ours = isinstance(address, ipaddress.IPv6Address) and any(address in network for network in _INNER)
    return address.is_global and not address.is_multicast and not is_ours


def _inside(address: Address) -> Iterator[Address]:
    """The address, and those of IPv4 that it leads to by a translation."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in _NAT64:
            inner.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        yield from filter(None, inner)


def guarded_adapter(allowed: Allowed, senders: int) -> HTTPAdapter:
    """Like http.plain_adapter, for addresses of contacts."""

    def connect(connection: HTTPConnection) -> socket.socket:
        return _connect(connection, allowed)

    class Plain(HTTPConnection):
        _new_conn = connect

    class Secure(HTTPSConnection):
        _new_conn = connect

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    adapter = HTTPAdapter(pool_connections=20, pool_maxsize=senders, max_retries=0)
    adapter.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return adapter


def _connect(connection: HTTPConnection, allowed: Allowed) -> socket.socket:
    """What urllib3 does, but to an address that was checked: host name and certificate stay those of the URL."""
    host, port = connection._dns_host, connection.port or connection.default_port
    try:
        found = [info[4][0] for info in addresses_of(host, port)]
    except (OSError, UnicodeError) as error:
        raise NameResolutionError(host, connection, socket.gaierror(str(error))) from error
    permitted = [address for address in found if allowed.permits(host, address)]
    if not permitted:
        raise AddressRefused(connection, "the host is not on the public internet")
    made = _first_of(connection, permitted, port)
    sys.audit("http.client.connect", connection, host, port)
    return made


def _first_of(connection: HTTPConnection, addresses: list[str], port: int) -> socket.socket:
    last: OSError | None = None
    for address in dict.fromkeys(addresses):
        try:
            return sockets.create_connection(
                (address, port), connection.timeout, connection.source_address, connection.socket_options
            )
        except OSError as error:
            last = error
    if isinstance(last, TimeoutError):
        raise ConnectTimeoutError(connection, "the connection timed out") from last
    raise NewConnectionError(connection, "no connection could be made") from last
