"""The figures of `ombud eval` are counted as they are defined."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ombud.eval.command import evaluate
from ombud.eval.measures import Judged, binary, confusion, figures, interval, worst
from ombud.trouble import Trouble


def judged(id_: str, gold: dict[str, Any], **read: Any) -> Judged:
    said = {"language": "en", "asks_supervisor": False, "severity": "low", "category": "other", "angry": False} | read
    return Judged(id_, "text", "en", gold, said)


def test_precision_recall_f1_and_false_alarms() -> None:
    counted = binary([(True, True)] * 6 + [(True, False)] * 2 + [(False, True)] + [(False, False)] * 11)
    assert (counted.precision, counted.recall, counted.f1, counted.false_alarms) == (6 / 7, 0.75, 0.8, 1 / 12)


def test_nothing_found_is_zero_and_no_division() -> None:
    counted = binary([])
    assert (counted.precision, counted.recall, counted.f1, counted.false_alarms) == (0, 0, 0, 0)


def test_what_a_text_has_no_label_for_is_not_scored() -> None:
    one = figures([judged("1", {"category": "billing"}, category="billing")])
    assert (one.category, one.asks, one.severe, one.angry) == (1.0, None, None, None)


def test_critical_counts_as_seen_from_high_on() -> None:
    texts = [judged(str(n), {"severity": "critical"}, severity=s) for n, s in enumerate(["critical", "high", "medium"])]
    counted = figures(texts)
    assert counted.critical_seen == pytest.approx(2 / 3)
    assert counted.severe is not None and counted.severe.recall == pytest.approx(2 / 3)


def test_the_interval_is_the_one_of_the_textbook() -> None:
    low, high = interval(0.5, 100)
    assert (round(low, 3), round(high, 3)) == (0.404, 0.596)  # Wilson's interval for 50 of 100


def test_the_confusion_says_what_was_read_as_what_and_the_worst_come_first() -> None:
    gold = {"category": "refund", "asks_supervisor": True, "severity": "high"}
    one, two = judged("1", gold, severity="high", asks_supervisor=True), judged("2", gold)
    assert confusion([one, two]) == {("refund", "other"): 2}
    assert [t.id for t in worst([one, two], 5)] == ["2", "1"]
    assert two.mistakes == ["asks_supervisor", "severity", "category"]


def a_file(folder: Path, *rows: dict[str, Any]) -> Path:
    file = folder / "texts.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_the_command_shows_figures_confusion_and_the_worst_texts(tmp_path: Path) -> None:
    asking = {
        "id": "a",
        "language": "en",
        "text": "I want to speak to the manager.",
        "labels": {"asks_supervisor": True},
    }
    wrong = {"id": "b", "language": "en", "text": "Where is my parcel?", "labels": {"category": "conduct"}}
    shown = CliRunner().invoke(evaluate, [str(a_file(tmp_path, asking, wrong))])
    assert shown.exit_code == 0
    assert "category: conduct read as delivery" in shown.output
    assert "Where is my parcel?" in shown.output
    figures_of = json.loads(CliRunner().invoke(evaluate, [str(tmp_path / "texts.jsonl"), "--json"]).output)
    assert figures_of["texts.jsonl"]["all"]["asks"] == {"tp": 1, "fp": 0, "fn": 0, "n": 1}


def test_a_line_that_is_no_labelled_text_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(evaluate, [str(a_file(tmp_path, {"id": "a", "text": "no labels"}))])
    assert isinstance(result.exception, Trouble)
    assert "texts.jsonl:1" in str(result.exception)
