"""Runs routing: `python -m services.routing`."""

from shared import runner  # isort: skip  (first: it patches)

from pathlib import Path

from services.routing import service, settings

runner.main(service.RoutingService, settings.read, service.make, Path(__file__).parent / "migrations")
