"""All four services as a careful company runs them: each with its own user and its rights alone, all by TLS."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ombud.local.broker import PrivateBroker
from ombud.local.postgres import PrivatePostgres
from shared.contracts.topology import SERVICES
from tests.harness.process import eventually
from tests.harness.secure import Authority, BrokerUsers, listen_with_tls, postgres_with_tls
from tests.harness.system import System
from tests.integration.notify.mail_server import MailServer


@pytest.fixture
def mail_server(authority: Authority) -> Iterator[MailServer]:
    made = MailServer((b"ombud", b"right"), authority.certificate().context, "smtp+starttls")
    yield made
    made.stop()


@pytest.fixture
def system(
    tmp_path: Path,
    server_dir: Path,
    postgres_url: str,
    postgres: PrivatePostgres,
    broker: PrivateBroker,
    users: BrokerUsers,
    authority: Authority,
    mail_server: MailServer,
) -> Iterator[System]:
    own = authority.certificate()
    port = listen_with_tls(broker, authority, own)
    made = System(
        tmp_path,
        f"{postgres_url}?sslmode=verify-full&sslrootcert={authority.file}",
        f"{broker.uri.rpartition('/')[0]}/{users.vhost}",
        broker,
        OMBUD_DECLARE_TOPOLOGY="false",
        OMBUD_SMTP_URL=mail_server.url,
        SSL_CERT_FILE=str(authority.file),
    )
    for name in SERVICES:
        made.services[name].settings["OMBUD_AMQP_URI"] = users.tls_uri(f"ombud-{name}", port, authority.file)
    with postgres_with_tls(postgres, server_dir, own):
        yield made.start()
        made.stop()


def test_a_complaint_goes_all_the_way(
    system: System, mail_server: MailServer, broker: PrivateBroker, postgres: PrivatePostgres, users: BrokerUsers
) -> None:
    complaint = system.send()
    eventually(lambda: mail_server.letters, "the supervisor to be told", system.logs)
    assert "petr@example.org" in mail_server.recipients[0][0]
    assert mail_server.logins == 1
    system.settle()
    assert system.assignment(complaint)["state"] == "assigned"
    refused = [line for line in system.logs().splitlines() if "ACCESS_REFUSED" in line]
    assert refused == []
    assert by_tls(broker, users) == {f"ombud-{name}": True for name in SERVICES}
    encrypted = postgres.psql(
        "SELECT DISTINCT application_name, ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
        "WHERE application_name LIKE 'ombud-%' ORDER BY 1"
    )
    assert encrypted == [(f"ombud-{name}", True) for name in sorted(SERVICES)]


def by_tls(broker: PrivateBroker, users: BrokerUsers) -> dict[str, bool]:
    """Whether all connections of a user are encrypted, of those in this virtual host."""
    told = broker.evaluate(
        "[{binary_to_list(proplists:get_value(user, I)), proplists:get_value(ssl, I)} || "
        "P <- rabbit_networking:connections(), I <- [rabbit_networking:connection_info(P, [user, ssl])]]"
    )
    names = {full: name for name, full in users.names.items()}
    found: dict[str, bool] = {}
    for full, is_encrypted in re.findall(r'{"([^"]+)",\s*(true|false)}', told):
        if full in names:
            found[names[full]] = found.get(names[full], True) and is_encrypted == "true"
    return found
