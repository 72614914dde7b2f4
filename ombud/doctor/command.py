"""`ombud doctor`: looks at everything that the services need, says what is wrong and what to do; changes nothing."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from ombud import options
from ombud.doctor import (
    addresses,
    broker,
    clocks,
    database,
    local,
    management,
    people,
    policies,
    ports,
    providers,
    running,
    settings,
    shown,
)
from ombud.doctor.finding import Check
from ombud.doctor.secrets import Veil
from ombud.doctor.site import Site
from ombud.run import environment
from shared.contracts.topology import SERVICES

SUBJECTS = (settings, ports, broker, management, database, clocks, policies, people, providers, addresses)


@click.command(short_help="Look at all that the services need, and say what to do.")
@click.option("--service", "names", multiple=True, type=click.Choice(SERVICES), help="Only this one; else all four.")
@options.option(
    "--management-url",
    env="OMBUD_MANAGEMENT_URL",
    default="",
    metavar="URL",
    help="RabbitMQ's management API, http://user:password@host:15672, to be asked for alarms and lost nodes.",
)
@click.option("--within", default=running.WITHIN, show_default=True, metavar="SECONDS", help="For all checks together.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@options.data_dir
def doctor(names: tuple[str, ...], management_url: str, within: float, as_json: bool, data_dir: Path) -> None:
    """Look at settings, ports, broker, databases, clocks, policies, people, providers and addresses.

    Reads the variables that the services read, as they would; in the container of one service, name it with
    --service. Works while everything is down. Sends no message, writes nothing, and shows no secret.
    The exit code is 2 when something does not work, 1 when it will not always, 0 when all is well.
    """
    variables = local.variables(data_dir, environment.inherited())
    asked = tuple(settings.read(name, variables.get(name, variables[""])) for name in names or SERVICES)
    site = Site(asked, variables[""], management_url)
    checks = [*local.checks(data_dir, variables), *all_checks(site)]
    found = running.run(checks, Veil(variables.values(), management_url), within)
    if as_json:
        click.echo(json.dumps(shown.as_json(found, len(checks)), indent=2))
    else:
        shown.show(found, len(checks))
    raise SystemExit(shown.exit_code(found))


def all_checks(site: Site) -> Iterator[Check]:
    for subject in SUBJECTS:
        yield from subject.checks(site)
