"""Intake's use cases on a real database, with what they announce kept in a list."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.intake import store, usecases
from services.intake.domain.complaint import Complaint, Read, Step, StepKind, Submission
from services.intake.domain.complaint import complaint_id as id_of
from services.intake.domain.matters import MatterRules
from services.intake.domain.verdict import Verdict
from shared.contracts.event import Severity
from shared.database import Database
from tests.harness.tables import bring_up

MIGRATIONS = Path(usecases.__file__).parent / "migrations"


class Desk:
    """Takes arrivals in, each call in a transaction of its own; `announced`: (type, revision) in order."""

    def __init__(self, url: str):
        bring_up(url, "intake", MIGRATIONS)
        self.db = Database(url, "intake")
        self.events: list[Any] = []
        self.rules = MatterRules()
        self.db.announce_with(lambda _tx, announced: self.events.extend(event for event, _ in announced))

    def take(self, *arrivals: Read | Step) -> "Desk":
        with self.db.transaction() as tx:
            usecases.take_in(tx, self.rules, arrivals)
        return self

    def find(self, source: str, external_id: str) -> Complaint:
        with self.db.read() as tx:
            found = store.find_complaint(tx, id_of(source, external_id))
        assert found is not None
        return found

    @property
    def announced(self) -> list[tuple[str, int]]:
        return [(event.type.removeprefix("complaint."), event.revision) for event in self.events]


@pytest.fixture
def desk(emptied_database: str) -> Iterator[Desk]:
    made = Desk(emptied_database.format(service="intake"))
    yield made
    made.db.close()


def a_contact(text: str = "It leaks.", external_id: str = "1", **changes: Any) -> Read:
    """A submission that was read; verdict fields may be given by name."""
    verdict: dict[str, Any] = {
        "language": "en", "category": "defect", "severity": Severity.MEDIUM, "anger": 0.1, "asks_supervisor": False,
        "rules_version": "v1",
    }  # fmt: skip
    of_verdict = {name: changes.pop(name) for name in list(changes) if name in Verdict.__dataclass_fields__}
    return Read(Submission("web", external_id, text, **changes), Verdict(**(verdict | of_verdict)))


def a_step(kind: str, external_id: str = "1", **changes: Any) -> Step:
    return Step(StepKind(f"complaint.{kind}"), "web", external_id, **changes)


def complaint_id(external_id: str = "1") -> str:
    return id_of("web", external_id)
