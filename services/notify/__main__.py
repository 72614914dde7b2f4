"""Runs notify: `python -m services.notify`."""

from shared import runner  # isort: skip  (first: it patches)

from pathlib import Path

from services.notify import service, settings

runner.main(service.NotifyService, settings.read, service.make, Path(__file__).parent / "migrations")
