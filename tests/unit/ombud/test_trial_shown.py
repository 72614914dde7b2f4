"""What `ombud policy try` prints: why each trigger fits or not; and the examples of the documents are true."""

import pytest

from services.escalation.settings import SHIPPED_POLICY
from tests.unit.ombud.trials import SAMPLES, table, trial

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


@pytest.mark.parametrize("file", ["README.md", "docs/escalation.md"])
def test_the_examples_of_the_documents_show_what_is_printed(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SAMPLES.parent)
    ((command, shown),) = examples(file)
    said = trial(*command.removeprefix("$ ombud policy try ").split()).rstrip().splitlines()
    # The version of the policy changes with every word of it.
    wanted = [line for line in shown if line != "…" and not line.startswith("policy ")]
    assert len(wanted) > 8 and wanted == said[-len(wanted) :]
