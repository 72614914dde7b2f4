"""A broker, a database and certificates as a careful company has them; used by tests/integration/security.

The servers are those of the run: TLS comes as a further listener of the broker, and by a reload of the database.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import amqp
import requests
import trustme
import yaml

from ombud.local.broker import PrivateBroker
from ombud.local.ports import free_ports
from ombud.local.postgres import PrivatePostgres
from ombud.local.server_user import give_to, server_user
from shared.broker_address import BrokerAddress
from shared.messaging.connection import declare_topology
from tests.harness.process import ANSWER_WITHIN, PROJECT, eventually

COMPONENT = PROJECT / "deploy/k8s/components/rabbitmq"
PASSWORD = "pass/word@of:tests"  # as awkward in a URL as a random one may be


@dataclass(frozen=True)
class Certificate:
    """Files that every user of the machine may read, but for the key of the database, which its server wants hidden."""

    chain: Path
    key: Path

    @property
    def context(self) -> ssl.SSLContext:
        made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        made.load_cert_chain(self.chain, self.key)
        return made


class Authority:
    """A private CA; `file` is what its clients are told to trust."""

    def __init__(self, folder: Path):
        self._ca, self._folder = trustme.CA(), folder
        self.file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.file))
        self.file.chmod(0o644)

    def certificate(self, name: str = "127.0.0.1", *, expired: bool = False) -> Certificate:
        ends = datetime.now(UTC) - timedelta(days=1) if expired else None
        begins = datetime.now(UTC) - timedelta(days=9) if expired else None
        issued = self._ca.issue_cert(name, not_before=begins, not_after=ends)
        stem = f"{name}-expired" if expired else name
        made = Certificate(self._folder / f"{stem}.pem", self._folder / f"{stem}.key")
        made.chain.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(str(made.key))
        made.key.chmod(0o600)
        return made


def listen_with_tls(broker: PrivateBroker, authority: Authority, shown: Certificate, *, wants_one: bool = False) -> int:
    """A further listener of the running node; gives its port. wants_one: of clients, a certificate of this CA, too."""
    port = free_ports(1)[0]
    verify = "{verify,verify_peer},{fail_if_no_peer_cert,true}" if wants_one else "{verify,verify_none}"
    broker.evaluate(
        f'Own=[{{certfile,"{shown.chain}"}},{{keyfile,"{shown.key}"}},{{cacertfile,"{authority.file}"}},{verify}],'
        "application:set_env(rabbit,ssl_options,Own),"
        f'rabbit_networking:start_ssl_listener({{"127.0.0.1",{port}}},rabbit_networking:ensure_ssl(),2)'
    )
    return port


@contextmanager
def postgres_with_tls(postgres: PrivatePostgres, folder: Path, shown: Certificate) -> Iterator[None]:
    """Meanwhile the database of the run shows this certificate to whoever asks for TLS."""
    key = folder / "postgres.key"
    key.write_bytes(shown.key.read_bytes())
    key.chmod(0o600)
    give_to(server_user(), key)
    for name, value in (("ssl_cert_file", shown.chain), ("ssl_key_file", key), ("ssl", "on")):
        postgres.psql(f"ALTER SYSTEM SET {name} = '{value}'")
    _reload(postgres, "on")
    try:
        yield
    finally:
        postgres.psql("ALTER SYSTEM RESET ALL")
        _reload(postgres, "off")


def _reload(postgres: PrivatePostgres, wanted: str) -> None:
    postgres.psql("SELECT pg_reload_conf()")
    eventually(lambda: postgres.psql("SHOW ssl") == [(wanted,)], f"ssl={wanted} of the database")


class BrokerUsers:
    """The users of the deployment in one virtual host of the test's own, with exactly the rights written there."""

    def __init__(self, broker: PrivateBroker, vhost: str):
        self._broker, self.vhost = broker, vhost
        self.rights = self.of_the_deployment()
        self.names = {name: f"{name}-{vhost}" for name in self.rights}  # users belong to the node, not to a vhost
        self._tags = dict(zip(self.rights, [made["tags"] for made in _specs("users.yaml")], strict=True))

    @staticmethod
    def of_the_deployment() -> dict[str, dict[str, str]]:
        return {made["user"]: made["permissions"] for made in _specs("permissions.yaml")}

    def make(self, *names: str) -> None:
        for name in names or self.rights:
            self.set_password(name, PASSWORD)
            self.grant(name)

    def there(self) -> dict[str, list[dict[str, Any]]]:
        """What the virtual host has, as RabbitMQ exports it: `queues`, `exchanges`, `bindings`."""
        answer = self._call("GET", f"definitions/{self.vhost}")
        return dict(answer.json())

    def set_password(self, name: str, password: str) -> None:
        self._call("PUT", f"users/{self.names[name]}", {"password": password, "tags": ",".join(self._tags[name])})

    def grant(self, name: str, **other: str) -> None:
        """What the deployment gives; `other` instead of some of it."""
        self._call("PUT", f"permissions/{self.vhost}/{self.names[name]}", self.rights[name] | other)

    def uri(self, name: str, password: str = PASSWORD) -> str:
        return f"amqp://{self.names[name]}:{quote(password, safe='')}@127.0.0.1:{self._broker.ports.amqp}/{self.vhost}"

    def tls_uri(self, name: str, port: int, ca_file: Path | None, host: str = "127.0.0.1", **query: Path) -> str:
        told = {**({"cacertfile": ca_file} if ca_file else {}), **query}
        text = "&".join(f"{key}={value}" for key, value in told.items())
        return f"amqps://{self.names[name]}:{quote(PASSWORD, safe='')}@{host}:{port}/{self.vhost}?{text}"

    def declare(self) -> None:
        """As `ombud topology` does, in no time."""
        connection = amqp.Connection(**BrokerAddress.parse(self.uri("ombud-topology")).arguments)
        connection.connect()
        declare_topology(connection)
        connection.close()

    def remove(self) -> None:
        for name in self.names.values():
            self._call("DELETE", f"users/{name}", missing_is_fine=True)

    def _call(self, method: str, path: str, body: object = None, *, missing_is_fine: bool = False) -> requests.Response:
        url = f"{self._broker.management_url}/api/{path}"
        answer = requests.request(method, url, json=body, auth=self._broker.credentials, timeout=ANSWER_WITHIN)
        assert answer.ok or (missing_is_fine and answer.status_code == 404), answer.text
        return answer


def _specs(file: str) -> list[dict[str, Any]]:
    return [made["spec"] for made in resources(file)]


def resources(file: str) -> list[dict[str, Any]]:
    """Those of the component for RabbitMQ's operators that stand in the file."""
    return list(yaml.safe_load_all((COMPONENT / file).read_text()))
