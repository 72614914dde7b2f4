"""What `ombud policy try` prints: why each trigger fits or not; and the examples of the documents are true."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.escalation.settings import SHIPPED_POLICY
from shared.contracts.intake import Customer
from tests.unit.ombud.trials import KETTLE, LADDERS, SAMPLES, a_classified, on_the_bus, table, trial

EVENING = "at=2026-11-26T20:00:00Z"


@pytest.mark.parametrize(
    ("facts", "trigger", "verdict"),
    [
        ("severity=medium anger=0.9", "anger", "yes"),
        ("severity=medium anger=0.89", "anger", "no: anger is 0.89, not 0.9 or more"),
        ("severity=low anger=0.2", "anger", "no: severity is low, not medium; anger is 0.2, not 0.9 or more"),
        ("contacts=3", "repeated", "yes"),
        ("contact_count=2", "repeated", "no: contacts is 2, not 3 or more"),
        ("asked=executive", "asked", "yes"),
        ("asked=human", "asked", "no: asked is human, not executive or supervisor"),
        ("flags=legal,fraud", "flagged", "no: flags is fraud, legal, not safety"),
        ("severity=medium", "severity", "no: severity is medium, not high or critical"),
        ("severity=high", "unassigned", "when nobody works on it for 30m"),
        ("severity=high", "overdue", "when a clock runs out: any"),
        ("severity=high", "declined", "when all agents who could take it declined"),
        ("severity=high", "low_rating", "no: rating is not known, not 0.2 or less"),
    ],
)
def test_each_trigger_says_whether_it_fits_and_if_not_why(facts: str, trigger: str, verdict: str) -> None:
    said = trial("--escalation", SHIPPED_POLICY, *facts.split(), EVENING)
    assert dict(table(said, "trigger"))[trigger] == verdict


def examples(file: str) -> list[tuple[str, list[str]]]:
    """Each `$ ombud policy try …` of a document, and the lines that it shows of the output."""
    blocks = (SAMPLES.parent / file).read_text().split("```")[1::2]
    shown = [[line.strip() for line in block.strip().splitlines()] for block in blocks]
    return [(lines[0], lines[1:]) for lines in shown if lines and lines[0].startswith("$ ombud policy try ")]


def test_the_example_of_the_documents_shows_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SAMPLES.parent)
    ((command, shown),) = examples("docs/escalation.md")
    said = trial(*command.removeprefix("$ ombud policy try ").split()).rstrip().splitlines()
    # The version of the policy changes with every word of it.
    wanted = [line for line in shown if line != "…" and not line.startswith("policy ")]
    assert len(wanted) > 8 and wanted == said[-len(wanted) :]


def test_the_ladder_says_where_it_begins_and_what_else_a_level_asks_for() -> None:
    said = trial(LADDERS, KETTLE, "--at", "2026-11-27T16:30:00Z")
    assert table(said, "ladder recall") == [
        ["1 supervisor", "role supervisor, duty world", "10m", ""],
        [
            "2 recall_board",
            "person vera.hruskova, person martin.kestrel",
            "15m",
            "begins here, again 1×, all must answer",
        ],
    ]


def test_a_time_zone_that_nobody_knows_is_utc(tmp_path: Path) -> None:
    monday = datetime(2024, 11, 4, 10, tzinfo=UTC)
    told = on_the_bus(tmp_path / "a.json", [a_classified(monday, customer=Customer("C-1", timezone="Mars/Base"))])
    said = trial(SHIPPED_POLICY, told)
    assert "times         as in UTC\n" in said and table(said, "when")[0][0] == "Mon 2024-11-04 10:00"
