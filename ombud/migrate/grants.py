"""What a service's own database role may do: use its tables, and of a record only append. Called by `ombud migrate`."""

from collections.abc import Iterable
from importlib import import_module

from sqlalchemy import Connection, NullPool, create_engine, text

from ombud.trouble import Trouble
from shared.database import checked_url
from shared.schema import LOCK_KEY
from shared.schema_check import VERSION_TABLES

_READ, _APPEND, _WRITE = "SELECT", "SELECT, INSERT", "SELECT, INSERT, UPDATE, DELETE"


def grant(url: str, service: str, role: str) -> None:
    """Gives the role what the service needs in its schema, and takes whatever more it had; all or nothing.

    Raises Trouble for a role that could change a record all the same.
    """
    engine = create_engine(checked_url(url), poolclass=NullPool, connect_args={"connect_timeout": 5})
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
            _refuse_mighty(connection, service, role)
            for statement in _statements(connection, service, role):
                connection.exec_driver_sql(statement)
            _refuse_loopholes(connection, service, role)
    finally:
        engine.dispose()


def append_only(service: str) -> list[str]:
    """The tables of a service whose rows are never changed: those that say so where they are declared."""
    tables = import_module(f"services.{service}.tables").metadata.tables.values()
    return sorted(table.name for table in tables if table.info.get("append_only"))


def _statements(connection: Connection, service: str, role: str) -> Iterable[str]:
    quote = connection.dialect.identifier_preparer.quote
    schema, to = quote(service), quote(role)
    yield f"REVOKE ALL ON SCHEMA {schema} FROM {to}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {to}"
    yield f"GRANT USAGE ON SCHEMA {schema} TO {to}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {to}"
    records = append_only(service)
    for table in _tables(connection, service):
        may = _READ if table in VERSION_TABLES else _APPEND if table in records else _WRITE
        yield f"GRANT {may} ON {schema}.{quote(table)} TO {to}"


def _tables(connection: Connection, service: str) -> list[str]:
    found = connection.execute(
        text("SELECT tablename FROM pg_tables WHERE schemaname = :schema ORDER BY tablename"), {"schema": service}
    )
    return list(found.scalars())


def _refuse_mighty(connection: Connection, service: str, role: str) -> None:
    """No grant binds whoever owns the tables, may become their owner, or is above all grants."""
    names = {"role": role, "schema": service}
    is_super = connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = :role"), names)
    if is_super is None:
        raise Trouble(f"the database knows no role {role}; make it first: CREATE ROLE {role} LOGIN PASSWORD '…'")
    owns = not is_super and connection.scalar(text(_OWNS), names)
    if is_super or owns:
        why = "is a superuser" if is_super else f"owns the schema or the tables of {service}"
        raise Trouble(
            f"{role} {why}: nothing can be kept from it; --grant wants another role than the one that migrates"
        )


def _refuse_loopholes(connection: Connection, service: str, role: str) -> None:
    """What the role has through another role, or as everybody, is not ours to take."""
    for table in append_only(service):
        for what, question in _TAMPERING.items():
            if connection.scalar(text(question), {"role": role, "table": f"{service}.{table}", "what": what}):
                raise Trouble(
                    f"{role} may {what} {service}.{table} all the same, by a grant to PUBLIC or to a role that it is "
                    "a member of: revoke that first"
                )


_OWNS = """
SELECT bool_or(pg_has_role(:role, owner, 'MEMBER')) FROM (
    SELECT tableowner AS owner FROM pg_tables WHERE schemaname = :schema
    UNION SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = :schema
) AS owners
"""
# A column may be granted where the table is not.
_TAMPERING = {
    "UPDATE": "SELECT has_any_column_privilege(:role, :table, :what)",
    "DELETE": "SELECT has_table_privilege(:role, :table, :what)",
    "TRUNCATE": "SELECT has_table_privilege(:role, :table, :what)",
}
