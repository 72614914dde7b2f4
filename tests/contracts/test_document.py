"""The page of events: made from the contracts, complete, and refused by the check when it is stale."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.contracts.document import document, listeners, main
from shared.contracts.escalation import CaseOpened
from shared.contracts.event import event_classes
from shared.contracts.failure import EventFailed
from shared.contracts.intake import ComplaintClassified

PROJECT = Path(__file__).parents[2]


def test_stored_page_is_current() -> None:
    assert main(["--check", str(PROJECT / "docs" / "events.md")]) == 0


@pytest.mark.parametrize("before", ["", "# Events\n", None])
def test_stale_or_missing_page_is_refused_in_one_line(before: str | None, tmp_path: Path) -> None:
    page = tmp_path / "events.md"
    if before is not None:
        page.write_text(before)
    command = [sys.executable, "-m", "shared.contracts.document", "--check", str(page)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=180, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{page} is stale: python -m shared.contracts.document docs/events.md\n"
    assert page.exists() is (before is not None), "--check writes nothing"


def test_written_page_passes_the_check(tmp_path: Path) -> None:
    page = str(tmp_path / "events.md")
    assert main([page]) == 0
    assert main(["--check", page]) == 0


def test_page_shows_every_event_with_its_fields_and_example() -> None:
    page = document()
    for event in event_classes():
        _, _, section = page.partition(f"\n### {event.type}\n")
        section = section.partition("\n### ")[0]
        assert "```json\n{" in section, event.type
        for field in event.__dataclass_fields__:  # type: ignore[attr-defined]
            assert f"| `{field}` |" in section, f"{event.type}: {field}"


def test_listeners_come_from_the_queues() -> None:
    assert listeners(ComplaintClassified) == ("routing", "escalation")
    assert listeners(CaseOpened) == ()
    assert listeners(EventFailed) == ("notify",), "whichever service publishes it"
