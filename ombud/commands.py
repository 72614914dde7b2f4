"""Puts the commands together under `ombud`; called by main.py."""

import os
import sys

import click

from ombud.feed import send
from ombud.migrate import migrate
from ombud.roster import roster
from ombud.run import demo, run
from ombud.status import status
from ombud.token import token
from shared.contracts.topology import SERVICES


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="ombud", message="ombud %(version)s")
def cli() -> None:
    """Ombud takes in complaints and makes sure that the severe ones reach a supervisor who answers.

    Start with `ombud demo` (feeds sample complaints, prints what became of them, stops) or `ombud run` (stays until
    Ctrl-C). Every option can be set by the environment variable that its help names.
    """


@click.command(short_help="Become one service (for containers).")
@click.argument("service", type=click.Choice(SERVICES))
def serve(service: str) -> None:
    """Become one service, with its settings from OMBUD_… variables (for containers and units)."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", f"services.{service}"])


for command in (run, demo, send, status, roster, migrate, token, serve):
    cli.add_command(command)
