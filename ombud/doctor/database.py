"""Checks the database of each service: reachable, at the newest schema, with the rights that the code needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from ombud.doctor import clocks, sqlite
from ombud.doctor.finding import Check, Finding, Subject, fault, note
from ombud.doctor.site import Service, Site
from ombud.migrate import grants
from ombud.migrate.command import migrations_of
from shared import clock
from shared.database import WrongUrl, checked_url
from shared.schema_check import VERSION_TABLES, missing
from shared.tables import plumbing

CONNECT_WITHIN = 3
_RECORD, _ANY = ("SELECT", "INSERT"), ("SELECT", "INSERT", "UPDATE", "DELETE")


def checks(site: Site) -> Iterator[Check]:
    for service in site.services:
        if service.settings is not None and (url := _url(service)) is not None:
            yield Check(Subject.DATABASE, service.name, partial(look, url, service.name))


def _url(service: Service) -> URL | None:
    try:
        return checked_url(service.common.database_url)
    except WrongUrl:  # said by the check of the settings
        return None


def look(url: URL, service: str) -> Iterator[Finding]:
    is_postgres = url.get_backend_name() == "postgresql"
    if not is_postgres and (gone := sqlite.absent(url, service)):
        yield gone
        return
    try:
        with opened(url, service) as connection:
            yield from _schema(connection, service)
            yield from _on_postgres(connection, service) if is_postgres else sqlite.look(connection, url)
    except DBAPIError as error:
        yield unusable(url, service, str(error.orig or error))


def unusable(url: URL, service: str, why: str) -> Finding:
    """In the words of an operator; the database's own follow."""
    where = (
        f"the database {url.database} at {url.host or 'this machine'}" if url.host else f"the database {url.database}"
    )
    said = " ".join(why.split())[:200]
    if "authentication failed" in why:
        return fault(f"{where} refuses the login of {url.username}", "set user and password in OMBUD_DATABASE_URL")
    if "permission denied" in why:
        return fault(f"{where}: {said}", f"ombud migrate {service} --grant {url.username}, as the owner of the tables")
    return fault(f"{where} cannot be used: {said}", "see whether it runs, and look at OMBUD_DATABASE_URL")


@contextmanager
def opened(url: URL, service: str) -> Iterator[Connection]:
    """Only to look; raises DBAPIError, also for a file that is not there."""
    engine = _postgres(url, service) if url.get_backend_name() == "postgresql" else sqlite.engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _postgres(url: URL, service: str) -> Engine:
    limits = f"-c search_path={service} -c statement_timeout=5000 -c default_transaction_read_only=on"
    return create_engine(url, poolclass=NullPool, connect_args={"options": limits, "connect_timeout": CONNECT_WITHIN})


def _schema(connection: Connection, service: str) -> Iterator[Finding]:
    if lack := missing(connection, migrations_of(service)):
        yield fault(lack, f"ombud migrate {service}, as the owner of the tables, before the service starts")


def _on_postgres(connection: Connection, service: str) -> Iterator[Finding]:
    yield from _rights(connection, service)
    apart = connection.scalar(text("SELECT clock_timestamp()"))
    yield from clocks.apart("the database", apart, clock.now())
    if connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")):
        yield note(
            "it is used as a superuser, who may change the timeline of cases",
            f"make a role, and run ombud migrate {service} --grant ROLE",
        )


def _rights(connection: Connection, service: str) -> Iterator[Finding]:
    lacking: dict[str, list[str]] = {}
    for table, wanted in _wanted(service).items():
        for right in wanted:
            question = text("SELECT has_table_privilege(to_regclass(:table), :right)")
            if connection.scalar(question, {"table": f"{service}.{table}", "right": right}) is False:
                lacking.setdefault(right, []).append(table)
    for right, tables in lacking.items():
        some = ", ".join(tables[:4]) + (" …" if len(tables) > 4 else "")
        yield fault(
            f"its role may not {right} {some}",
            f"ombud migrate {service} --grant ROLE, as the owner of the tables",
        )


def _wanted(service: str) -> dict[str, tuple[str, ...]]:
    """Every table and what the code does with it, as `ombud migrate --grant` gives it."""
    records = grants.append_only(service)
    own = import_module(f"services.{service}.tables").metadata.tables
    names = {table.name for table in (*own.values(), *plumbing.tables.values())}
    wanted = {name: _RECORD if name in records else _ANY for name in sorted(names)}
    return wanted | dict.fromkeys(VERSION_TABLES, ("SELECT",))
