"""Runs escalation: `python -m services.escalation`."""

from shared import runner  # isort: skip  (first: it patches)

from pathlib import Path

from services.escalation import service, settings

runner.main(service.EscalationService, settings.read, service.make, Path(__file__).parent / "migrations")
