"""Connections by TLS with a CA of the company's own: made when all is right, and refused with the reason when not."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import amqp
import pytest
import requests
from sqlalchemy.exc import OperationalError

from ombud.local.broker import PrivateBroker
from ombud.local.postgres import PrivatePostgres
from ombud.send import publisher
from ombud.trouble import Trouble
from shared.broker_address import BrokerAddress, WrongAddress
from shared.database import Database
from shared.messaging import connection as broker_connection
from tests.harness.process import ServiceProcess, eventually
from tests.harness.secure import Authority, BrokerUsers, listen_with_tls, postgres_with_tls

USER = "ombud-intake"
UNKNOWN_CA = "self-signed certificate in certificate chain"
WRONG_NAME = "certificate is not valid for '127.0.0.1'"
EXPIRED = "certificate has expired"


class Ports:
    """Of the listeners that the broker has: one with each fault, and one that wants to be shown a certificate."""

    def __init__(self, broker: PrivateBroker, authority: Authority):
        right = authority.certificate()
        self.right = listen_with_tls(broker, authority, right)
        self.wrong_name = listen_with_tls(broker, authority, authority.certificate("broker.example.org"))
        self.expired = listen_with_tls(broker, authority, authority.certificate(expired=True))
        self.wants_one = listen_with_tls(broker, authority, right, wants_one=True)


@pytest.fixture(scope="module")
def ports(broker: PrivateBroker, authority: Authority) -> Ports:
    return Ports(broker, authority)


@contextmanager
def connected(uri: str) -> Iterator[amqp.Connection]:
    connection = broker_connection.connect(uri)
    try:
        yield connection
    finally:
        connection.collect()


def test_broker_is_reached_when_its_ca_is_named(users: BrokerUsers, ports: Ports, authority: Authority) -> None:
    with connected(users.tls_uri(USER, ports.right, authority.file)) as connection:
        broker_connection.check_topology(connection)
        assert isinstance(connection.transport.sock, ssl.SSLSocket)


def test_openssls_own_variable_names_the_ca_too(
    users: BrokerUsers, ports: Ports, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with connected(users.tls_uri(USER, ports.right, None)) as connection:
        broker_connection.check_topology(connection)


@pytest.fixture
def new_authority(authority: Authority) -> Authority:
    """The one that is to take the place of the other; its file still names both, as long as servers are exchanged."""
    folder = authority.file.parent / "new"
    folder.mkdir(exist_ok=True)
    made = Authority(folder)
    made.file.write_bytes(made.file.read_bytes() + authority.file.read_bytes())
    return made


def test_while_its_ca_is_exchanged_a_broker_is_known_by_either(
    broker: PrivateBroker, users: BrokerUsers, ports: Ports, new_authority: Authority
) -> None:
    exchanged = listen_with_tls(broker, new_authority, new_authority.certificate())
    for port in (ports.right, exchanged):
        with connected(users.tls_uri(USER, port, new_authority.file)) as connection:
            broker_connection.check_topology(connection)


@pytest.mark.parametrize(
    ("port", "is_ca_known", "reason"),
    [("right", False, UNKNOWN_CA), ("wrong_name", True, WRONG_NAME), ("expired", True, EXPIRED)],
)
def test_a_broker_that_is_not_certainly_ours_is_refused_with_the_reason(
    users: BrokerUsers, ports: Ports, authority: Authority, port: str, is_ca_known: bool, reason: str
) -> None:
    uri = users.tls_uri(USER, getattr(ports, port), authority.file if is_ca_known else None)
    with pytest.raises(broker_connection.NotLetIn, match=reason), connected(uri):
        pass
    with pytest.raises(Trouble, match=f"its certificate is refused: .*{reason}"):
        publisher.connect(uri)


def test_a_broker_that_wants_a_certificate_gets_the_one_that_is_named(
    users: BrokerUsers, ports: Ports, authority: Authority
) -> None:
    own = authority.certificate("intake.example.org")
    shown = {"certfile": own.chain, "keyfile": own.key}
    with connected(users.tls_uri(USER, ports.wants_one, authority.file, **shown)) as connection:
        broker_connection.check_topology(connection)


def test_a_broker_that_wants_a_certificate_lets_nobody_in_without(
    users: BrokerUsers, ports: Ports, authority: Authority
) -> None:
    with pytest.raises(OSError), connected(users.tls_uri(USER, ports.wants_one, authority.file)):
        pass


@pytest.mark.parametrize("query", ["cacertfile=/nowhere/ca.pem", "certfile=/nowhere/own.pem"])
def test_a_file_that_is_missing_is_said_at_once(users: BrokerUsers, query: str) -> None:
    with pytest.raises(WrongAddress, match=f"{query.partition('=')[0]}.* cannot be used: No such file"):
        BrokerAddress.parse(f"amqps://user:secret@127.0.0.1/ombud?{query}")


def test_a_file_that_goes_missing_later_is_waited_for(users: BrokerUsers, ports: Ports, authority: Authority) -> None:
    """Secrets are exchanged under a service that runs: it tries again, as with any broker that is away."""
    assert issubclass(broker_connection.NotLetIn, broker_connection.LOST)
    with pytest.raises(broker_connection.NotLetIn, match="cacertfile cannot be used: No such file"):
        broker_connection.connect(users.tls_uri(USER, ports.right, authority.file.with_name("gone.pem")))


@pytest.fixture(scope="module")
def database(postgres: PrivatePostgres) -> str:
    return postgres.create_database("private_ca")


def by_tls(url: str, ca_file: Path) -> str:
    return f"{url}?sslmode=verify-full&sslrootcert={ca_file}"


def is_encrypted(url: str) -> bool:
    database = Database(url, "intake")
    try:
        with database.read() as tx:
            query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            return bool(tx.connection.exec_driver_sql(query).scalar())
    finally:
        database.close()


def test_database_is_reached_when_its_ca_is_named(
    postgres: PrivatePostgres, database: str, authority: Authority, server_dir: Path
) -> None:
    with postgres_with_tls(postgres, server_dir, authority.certificate()):
        assert is_encrypted(by_tls(database, authority.file))


def test_while_its_ca_is_exchanged_a_database_is_known_by_either(
    postgres: PrivatePostgres, database: str, authority: Authority, new_authority: Authority, server_dir: Path
) -> None:
    for each in (authority, new_authority):
        with postgres_with_tls(postgres, server_dir, each.certificate()):
            assert is_encrypted(by_tls(database, new_authority.file))


@pytest.mark.parametrize(
    ("name", "is_expired", "reason"),
    [("db.example.org", False, "does not match host name"), ("127.0.0.1", True, "certificate verify failed")],
)
def test_a_database_that_is_not_certainly_ours_is_refused_with_the_reason(
    postgres: PrivatePostgres,
    database: str,
    authority: Authority,
    server_dir: Path,
    name: str,
    is_expired: bool,
    reason: str,
) -> None:
    shown = authority.certificate(name, expired=is_expired)
    with (
        postgres_with_tls(postgres, server_dir, shown),
        pytest.raises(OperationalError, match=reason),
    ):
        is_encrypted(by_tls(database, authority.file))


def test_a_database_without_tls_is_refused_when_the_url_wants_it(database: str, authority: Authority) -> None:
    with pytest.raises(OperationalError, match="server does not support SSL"):
        is_encrypted(by_tls(database, authority.file))


def test_a_service_that_does_not_know_the_ca_waits_and_says_why(
    postgres: PrivatePostgres, database: str, authority: Authority, server_dir: Path, tmp_path: Path
) -> None:
    """In the running service the driver is green, so the reason comes by another way than above."""
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    service = ServiceProcess(
        "services.intake",
        tmp_path,
        OMBUD_DATABASE_URL=by_tls(database, other.file),
        OMBUD_AMQP_URI="amqp://ombud@127.0.0.1:1/",
    )
    with postgres_with_tls(postgres, server_dir, authority.certificate()):
        service.launch()
        try:
            eventually(lambda: "certificate verify failed" in service.log(), "the reason", service.log)
            health, readiness = (
                requests.get(f"{service.ops_url}/{page}", timeout=10) for page in ("healthz", "readyz")
            )
        finally:
            with suppress(OSError):
                service.kill()
    assert '"event":"waiting_for_database"' in service.log()
    assert (health.status_code, readiness.status_code) == (200, 503), "it turns: nobody is helped by its being killed"
