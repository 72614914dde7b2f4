"""Runs `ombud policy try` and reads its plain tables; used by the tests of trials."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from click.testing import CliRunner, Result

from ombud.policy.command import policy
from shared.contracts.event import Event, Severity, to_data
from shared.contracts.intake import ComplaintClassified, Customer
from shared.contracts.routing import ComplaintAssigned

SAMPLES = Path(__file__).parents[3] / "samples"
ROSTER, LADDERS, KETTLE = SAMPLES / "roster.yml", SAMPLES / "escalation.yml", SAMPLES / "kettle.json"
NO_SETTINGS = {"OMBUD_ROUTING_POLICY": "", "OMBUD_ESCALATION_POLICY": "", "OMBUD_INTAKE_RULES": ""}
ID = "6b1f4b9e-0d0c-5d1c-9c7e-1f7f3a0e8a11"


def attempt(*words: object, stdin: str | bytes = "", env: dict[str, str] | None = None) -> Result:
    """`ombud policy try` with these words, whatever becomes of it."""
    return CliRunner(env=NO_SETTINGS | (env or {})).invoke(policy, ["try", *map(str, words)], input=stdin)


def trial(*words: object, stdin: str | bytes = "") -> str:
    result = attempt(*words, stdin=stdin)
    assert result.exit_code == 0, (result.stderr, result.exception)
    return result.stdout


def table(said: str, head: str) -> list[list[str]]:
    """The cells of the table whose first column has this head."""
    lines = said.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(head))
    heads = lines[start]
    places = [n for n in range(len(heads)) if heads[n] != " " and (n == 0 or heads[n - 2 : n] == "  ")]
    rows = []
    for line in lines[start + 1 :]:
        if not line:
            break
        ends = [*places[1:], len(line) + 1]
        rows.append([line[a:b].strip() for a, b in zip(places, ends, strict=True)])
    return rows


def course(said: str) -> list[tuple[str, ...]]:
    """after, what and who of each step."""
    return [tuple(row[1:4]) for row in table(said, "when")]


def clocks(said: str) -> dict[str, str]:
    return {name: due for name, due, _ in table(said, "clock")}


def a_classified(at: datetime, **changes: Any) -> ComplaintClassified:
    """Of low severity, from London, as the bus has it."""
    defaults: dict[str, Any] = {
        "complaint_id": ID,
        "revision": 1,
        "source": "web",
        "external_id": "A-1",
        "channel": "email",
        "customer": Customer("C-1", "standard", "GB", "en", "Europe/London"),
        "received_at": at,
        "contacted_at": at,
        "language": "en",
        "category": "billing",
        "severity": Severity.LOW,
        "anger": 0.2,
        "asks_supervisor": False,
        "contact_count": 1,
        "excerpt": "charged twice",
        "rules": (),
        "rules_version": "test",
    }
    return ComplaintClassified(**(defaults | changes))


def an_assigned(at: datetime, teams: tuple[str, ...] = ()) -> ComplaintAssigned:
    return ComplaintAssigned(ID, 1, "eva", "Eva", at, teams=teams)


def on_the_bus(path: Path, events: Sequence[Event]) -> Path:
    """A file of them, one a line."""
    path.write_bytes(b"\n".join(orjson.dumps({"type": event.type, **to_data(event)}) for event in events))
    return path
