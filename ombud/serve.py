"""`ombud serve`: turns into one service; for containers and units, where `ombud run` is not wanted."""

import os
import sys

import click

from shared.contracts.topology import SERVICES


@click.command(short_help="Become one service (for containers).")
@click.argument("service", type=click.Choice(SERVICES))
def serve(service: str) -> None:
    """Become one service, with its settings from OMBUD_… variables."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", f"services.{service}"])
