"""`ombud migrate`: brings the databases of the services to the newest schema; `ombud run` does it by itself."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

import services
from ombud import options
from ombud.migrate import grants
from ombud.trouble import Trouble
from shared import schema
from shared.contracts.topology import SERVICES
from shared.database import WrongUrl, checked_url


@click.command(short_help="Bring the databases to the newest schema.")
@click.argument("names", metavar="[SERVICE]...", nargs=-1, type=click.Choice(SERVICES))
@options.database_url
@options.data_dir
@click.option(
    "--grant",
    "role",
    metavar="ROLE",
    default="",
    help="Let this role, as which the service runs, use its tables; PostgreSQL only. Of the timeline it may only read "
    "and append.",
)
def migrate(names: tuple[str, ...], database_url: str, data_dir: Path, role: str) -> None:
    """Bring the databases to the newest schema: of all services, or of those named."""
    chosen = names or SERVICES
    if role:
        _refuse_grants_on_sqlite(database_url)
    if len(chosen) > 1:
        refuse_shared_sqlite(database_url)
    elif database_url:
        _checked(database_url)
    migrate_all(lambda service: database_url or sqlite_url(data_dir, service), chosen)
    for service in chosen if role else ():
        _explained(service, partial(grants.grant, database_url, service, role))
    click.echo(f"at the newest schema: {', '.join(chosen)}" + (f"; {role} may use it" if role else ""))


def migrate_all(url_of: Callable[[str], str], names: Sequence[str] = SERVICES) -> None:
    """Raises Trouble with the database's own reason when it cannot be reached or refuses."""
    for service in names:
        _explained(service, partial(schema.migrate, url_of(service), service, migrations_of(service)))


def _explained(service: str, work: Callable[[], None]) -> None:
    try:
        work()
    except DBAPIError as error:
        raise Trouble(
            f"the database of {service} cannot be used: {_first_line(error)}; "
            "look at --database-url or OMBUD_DATABASE_URL"
        ) from error


def _refuse_grants_on_sqlite(database_url: str) -> None:
    if not database_url or _checked(database_url).get_backend_name() == "sqlite":
        raise Trouble("--grant needs PostgreSQL (--database-url): a SQLite file has no roles")


def _checked(database_url: str) -> URL:
    try:
        return checked_url(database_url)
    except WrongUrl as error:
        raise Trouble(str(error)) from error


def migrations_of(service: str) -> Path:
    return Path(services.__file__ or "").parent / service / "migrations"


def sqlite_url(data_dir: Path, service: str) -> str:
    """One file a service; the same rule stands in shared.settings for a service on its own."""
    return f"sqlite:///{data_dir.absolute()}/{service}.sqlite"


def refuse_shared_sqlite(database_url: str) -> None:
    """Raises Trouble for what no database can be, and for one SQLite file for all services."""
    if database_url and _checked(database_url).get_backend_name() == "sqlite":
        raise Trouble(
            "with SQLite each service has a file of its own: leave --database-url away and say where with --data-dir"
        )


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]
