"""Where the broker is and how it is trusted, out of `OMBUD_AMQP_URI`; for the services and the command line.

TLS is told in the address, by names of RabbitMQ's URI query parameters: `cacertfile`, `certfile`, `keyfile`.
"""

import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kombu.utils.url import parse_url

PORTS = {"amqp": 5672, "amqps": 5671}
FORM = "the form is amqp://user:password@host:5672/vhost, or amqps://…?cacertfile=/path/ca.pem for TLS"


class WrongAddress(ValueError):
    """The address cannot be used; the text says why and never repeats it: it holds a password."""


@dataclass(frozen=True)
class BrokerAddress:
    """`tls` None = no TLS; else what py-amqp needs to hold the broker's certificate against its name and a CA."""

    host: str
    port: int
    user: str
    vhost: str
    password: str = field(repr=False)
    tls: dict[str, Any] | None = None

    @classmethod
    def parse(cls, uri: str) -> "BrokerAddress":
        """Raises WrongAddress."""
        if any(c.isspace() for c in uri):
            # What is behind it would be taken for something else, a password for the name of a virtual host.
            raise WrongAddress("it holds a blank or a line break; a file of a secret often ends with one")
        try:
            query = dict(parse_qsl(urlsplit(uri).query, keep_blank_values=True))
            parts = parse_url(uri.partition("?")[0])
            port = parts["port"] or PORTS[parts["transport"]]
        except (KeyError, ValueError):
            raise WrongAddress(FORM) from None
        host = parts["hostname"] or "127.0.0.1"
        return cls(
            host,
            port,
            parts["userid"] or "guest",
            (parts["virtual_host"] or "/"),
            parts["password"] or "guest",
            _tls(parts["transport"] == "amqps", host, query),
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """For `amqp.Connection`, beside its times."""
        return {
            "host": f"{self.host}:{self.port}",
            "userid": self.user,
            "password": self.password,
            "virtual_host": self.vhost,
            "ssl": self.tls or False,
        }

    def why_not(self, error: Exception) -> str:
        """What a person has to know who sees that no connection came about."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"the certificate of the broker at {self.host}:{self.port} is refused: {error.verify_message}"
        return f"the broker at {self.host}:{self.port} refuses the user {self.user!r}: {error}"


def _tls(wanted: bool, host: str, query: dict[str, str]) -> dict[str, Any] | None:
    if unknown := sorted(query.keys() - {"cacertfile", "certfile", "keyfile"}):
        raise WrongAddress(f"{unknown[0]} is not known; there are cacertfile, certfile and keyfile")
    if not wanted:
        if query:
            raise WrongAddress(f"{min(query)} is for amqps:// only: over amqp:// nothing is encrypted")
        return None
    ca_file, certificate, key = (query.get(name) or None for name in ("cacertfile", "certfile", "keyfile"))
    if key and not certificate:
        raise WrongAddress("keyfile needs certfile")
    _try_files(ca_file, certificate, key)
    # Without a file of its own it trusts what OpenSSL does: the machine's CAs, or those in SSL_CERT_FILE.
    return {
        "server_hostname": host,
        "cert_reqs": ssl.CERT_REQUIRED,
        "ca_certs": ca_file,
        "certfile": certificate,
        "keyfile": key,
    }


def _try_files(ca_file: str | None, certificate: str | None, key: str | None) -> None:
    """A file that is missing is said at the start, not at each of endless tries."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        name = "cacertfile"
        if ca_file:
            context.load_verify_locations(ca_file)
        name = "certfile or keyfile"
        if certificate:
            context.load_cert_chain(certificate, key)
    except OSError as error:
        raise WrongAddress(f"{name} cannot be used: {error.strerror or error}") from None
