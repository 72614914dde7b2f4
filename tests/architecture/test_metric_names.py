"""Whoever reads a series by its name, reads one that there is: the page of metrics is held against what runs."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SHOWN = set(re.findall(r"`(ombud_[a-z0-9_]+)`", (PROJECT / "docs" / "metrics.md").read_text()))
_NAME = re.compile(r"(?<![:\w])ombud_[a-z0-9]+_[a-z0-9_]+")
_PARTS = ("_bucket", "_count", "_sum")  # of a histogram
READERS = sorted(
    path.relative_to(PROJECT)
    for folder in ("ombud", "benchmarks", "docs", "tests/harness", "tests/faults", "tests/journeys")
    for path in (PROJECT / folder).rglob("*")
    if path.suffix in (".py", ".md") and "decisions" not in path.parts
)


def series_in(text: str) -> set[str]:
    """Without the parts of histograms, and without what only begins like one (`ombud_alerts_…`)."""
    found = {name for name in _NAME.findall(text) if not name.endswith("_")}
    return {next((name.removesuffix(part) for part in _PARTS if name.endswith(part)), name) for name in found}


@pytest.mark.parametrize("reader", READERS, ids=str)
def test_every_series_that_is_read_is_exposed(reader: Path) -> None:
    assert series_in((PROJECT / reader).read_text()) - SHOWN == set()


def test_parts_of_a_histogram_and_what_only_begins_like_a_series_are_told_apart() -> None:
    assert series_in("ombud_x_seconds_bucket{} ombud_y_total `ombud_alerts_…` ombud_alerts_") == {
        "ombud_x_seconds",
        "ombud_y_total",
    }
