"""The roles and secrets of deploy/compose.yml, by its own scripts, on a real PostgreSQL."""

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import make_url

from ombud.local.postgres import PrivatePostgres
from ombud.migrate import grants
from ombud.migrate.command import migrations_of
from shared import schema
from shared.contracts.topology import SERVICES
from tests.deploy.composed import draw_secrets, lines_of
from tests.harness.postgres_client import find_client
from tests.harness.process import PROJECT

SCRIPT = PROJECT / "deploy/compose/roles.sh"
OWNER = "ombud_owner"


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    draw_secrets(tmp_path)
    return tmp_path


@pytest.fixture
def database(postgres: PrivatePostgres, secrets: Path) -> Iterator[str]:
    """As the image of the database makes it: its owner is a superuser."""
    name, password = f"composed_{uuid.uuid4().hex[:8]}", (secrets / "roles" / OWNER).read_text()
    postgres.psql(f"CREATE ROLE {OWNER} SUPERUSER LOGIN PASSWORD '{password}'")
    postgres.psql(f"CREATE DATABASE {name} OWNER {OWNER}")
    yield name
    postgres.psql(f"DROP DATABASE {name} WITH (FORCE)")
    for role in (*(f"ombud_{service}" for service in SERVICES), OWNER):
        postgres.psql(f"DROP ROLE IF EXISTS {role}")


def make_roles(postgres: PrivatePostgres, database: str, secrets: Path) -> None:
    client = find_client()
    url = make_url(postgres.url(database)).set(username=OWNER, password=None)
    env = client.environment(url.render_as_string(hide_password=False)) | {"ROLES": str(secrets / "roles")}
    done = subprocess.run(["sh", str(SCRIPT)], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def address(postgres: PrivatePostgres, database: str, secrets: Path, service: str) -> str:
    """The one that the service gets, at the port of this server."""
    given = make_url(lines_of(secrets / service / "env")["OMBUD_DATABASE_URL"])
    there = given.set(host="127.0.0.1", port=postgres.port, database=database)
    return there.render_as_string(hide_password=False)


def lets_in(url: str) -> bool:
    at = make_url(url)
    try:
        psycopg2.connect(host=at.host, port=at.port, user=at.username, password=at.password, dbname=at.database).close()
    except psycopg2.OperationalError:
        return False
    return True


def test_each_service_gets_in_and_may_use_its_own_schema_alone(
    postgres: PrivatePostgres, database: str, secrets: Path
) -> None:
    make_roles(postgres, database, secrets)
    owner = address(postgres, database, secrets, "migrate")
    schema.migrate(owner, "routing", migrations_of("routing"))
    grants.grant(owner, "routing", "ombud_routing")
    may = "SELECT has_schema_privilege(%s, 'routing', 'USAGE'), has_schema_privilege(%s, 'public', 'USAGE')"
    assert lets_in(address(postgres, database, secrets, "routing"))
    assert postgres.psql(may.replace("%s", "'ombud_routing'"), database) == [(True, False)]
    assert postgres.psql(may.replace("%s", "'ombud_notify'"), database) == [(False, False)]
    mighty = "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'ombud%' AND rolsuper AND rolname <> 'ombud_owner'"
    assert postgres.psql(mighty.replace("'ombud%'", r"'ombud\__%'"), database) == [(0,)]


def test_a_password_that_was_removed_is_drawn_anew_and_the_others_stay(
    postgres: PrivatePostgres, database: str, secrets: Path
) -> None:
    make_roles(postgres, database, secrets)
    before = {service: address(postgres, database, secrets, service) for service in SERVICES}
    (secrets / "passwords" / "ombud_notify").unlink()
    draw_secrets(secrets)
    make_roles(postgres, database, secrets)
    after = {service: address(postgres, database, secrets, service) for service in SERVICES}
    assert {service for service in SERVICES if before[service] != after[service]} == {"notify"}
    assert lets_in(after["notify"]) and not lets_in(before["notify"])
    assert lets_in(after["intake"])
