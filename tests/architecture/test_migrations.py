"""What the migrations build is what the code believes in, on both databases; and there is a way back."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, NullPool, create_engine, inspect, text
from sqlalchemy.engine import make_url

from ombud.migrate.command import migrations_of
from shared import schema, tables
from shared.contracts.topology import SERVICES
from shared.schema_check import PLUMBING, heads, missing

VERSIONS = {"alembic_version", "alembic_version_plumbing"}
SERVICE = pytest.mark.parametrize("service", SERVICES)


def metadata_of(service: str) -> list[MetaData]:
    own: MetaData = importlib.import_module(f"services.{service}.tables").metadata
    return [tables.plumbing, own]


@contextmanager
def connected(url: str, service: str) -> Iterator[Connection]:
    options = {"options": f"-c search_path={service}"} if make_url(url).get_backend_name() == "postgresql" else {}
    engine = create_engine(url, poolclass=NullPool, connect_args=options)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def migrated(database: str, service: str) -> str:
    """The URL of the service's own database, at the newest schema."""
    url = database.format(service=service)
    schema.migrate(url, service, migrations_of(service))
    return url


@SERVICE
def test_migrations_build_the_tables_of_the_code(any_database: str, service: str) -> None:
    with connected(migrated(any_database, service), service) as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_name": lambda name, *_: name not in VERSIONS,
            },
        )
        assert compare_metadata(context, metadata_of(service)) == []  # type: ignore[arg-type]


@SERVICE
def test_nothing_of_the_tables_differs(any_database: str, service: str, tmp_path: Path) -> None:
    """Also what Alembic does not look at: primary keys, checks, conditions of indexes, autoincrement."""
    with connected(migrated(any_database, service), service) as connection:
        built = shape(connection)
    url = f"sqlite:///{tmp_path}/code.sqlite" if "{service}" in any_database else any_database
    with connected(url, "of_the_code") as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("CREATE SCHEMA of_the_code"))
        for metadata in metadata_of(service):
            metadata.create_all(connection)
        assert built == shape(connection)


def shape(connection: Connection) -> dict[str, Any]:
    """Every table as the database itself describes it."""
    looked = inspect(connection)
    return {
        name: {
            "columns": {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in looked.get_columns(name)},
            "primary key": looked.get_pk_constraint(name)["constrained_columns"],
            "indexes": sorted(_index(i) for i in looked.get_indexes(name)),
            "unique": sorted(str((u["name"], u["column_names"])) for u in looked.get_unique_constraints(name)),
            "checks": sorted(str((c["name"], c["sqltext"])) for c in looked.get_check_constraints(name)),
            "references": sorted(
                str((f["constrained_columns"], f["referred_table"])) for f in looked.get_foreign_keys(name)
            ),
            "autoincrement": _counts_on(connection, name),
        }
        for name in looked.get_table_names()
        if name not in VERSIONS
    }


def _index(index: Any) -> str:
    options = {name: str(value) for name, value in index.get("dialect_options", {}).items()}
    return str((index["name"], index["column_names"], index["unique"], options))


def _counts_on(connection: Connection, table: str) -> bool:
    """SQLite gives the id of the last row out again after its deletion, unless told otherwise."""
    if connection.dialect.name == "postgresql":
        return False
    made = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table})
    return "AUTOINCREMENT" in str(made)


@SERVICE
def test_there_is_a_way_back_and_forth_again(any_database: str, service: str) -> None:
    url = migrated(any_database, service)
    with connected(url, service) as connection:
        before = shape(connection)
    schema.migrate(url, service, migrations_of(service), "base")
    with connected(url, service) as connection:
        assert shape(connection) == {}
        assert missing(connection, migrations_of(service))
    schema.migrate(url, service, migrations_of(service))
    with connected(url, service) as connection:
        assert shape(connection) == before
        assert missing(connection, migrations_of(service)) is None


@SERVICE
def test_migrating_twice_changes_nothing(any_database: str, service: str) -> None:
    url = migrated(any_database, service)
    with connected(url, service) as connection:
        before = shape(connection)
    assert migrated(any_database, service) == url
    with connected(url, service) as connection:
        assert shape(connection) == before


def test_all_services_share_one_postgresql_database(postgres_url: str) -> None:
    """Tables of the same name, such as contacts, are in the schema of their service."""
    for service in SERVICES:
        migrated(postgres_url, service)
    for service in SERVICES:
        with connected(postgres_url, service) as connection:
            assert missing(connection, migrations_of(service)) is None
            assert set(shape(connection)) == {t for m in metadata_of(service) for t in m.tables}


@pytest.mark.parametrize("folder", [PLUMBING, *map(migrations_of, SERVICES)], ids=lambda folder: folder.parent.name)
def test_a_service_expects_the_newest_migration_that_alembic_knows(folder: Path) -> None:
    assert heads(folder) == set(ScriptDirectory(str(folder)).get_heads())


@pytest.mark.parametrize("folder", [PLUMBING, *map(migrations_of, SERVICES)], ids=lambda folder: folder.parent.name)
def test_migrations_are_numbered_so_that_a_newer_schema_is_told_from_an_older_one(folder: Path) -> None:
    names = [each.revision for each in ScriptDirectory(str(folder)).walk_revisions("base", "head")]
    name = "plumbing" if folder == PLUMBING else folder.parent.name
    assert names == [f"{name}_{number:04}" for number in range(len(names), 0, -1)]


@pytest.mark.parametrize(
    ("version", "is_right"),
    [("routing_0099", True), ("routing_0001", False), ("intake_0099", False), ("routing_later", False)],
)
def test_schema_of_a_newer_version_is_right_and_any_other_is_not(
    postgres_url: str, version: str, is_right: bool
) -> None:
    with connected(migrated(postgres_url, "routing"), "routing") as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
        assert (missing(connection, migrations_of("routing")) is None) == is_right
