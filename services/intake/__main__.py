"""Runs intake: `python -m services.intake`."""

from shared import runner  # isort: skip  (first: it patches)

from pathlib import Path

from services.intake import service, settings

runner.main(service.IntakeService, settings.read, service.make, Path(__file__).parent / "migrations")
