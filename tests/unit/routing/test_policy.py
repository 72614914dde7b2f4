"""The policy file, and that each mistake in it is named with its line."""

from pathlib import Path

import pytest

from services.routing import policy
from services.routing.domain.needs import LanguageFrom, RegionFrom, SkillFrom
from services.routing.settings import SHIPPED_POLICY
from shared.contracts.event import Severity

GOOD = """\
needs: {skill: none, language: text, region: none}
weight:
  low: 1
  medium: 1
  high: 2
  critical: 3
priority: {low: 0, medium: 1, high: 5, critical: 9}
"""


def mistakes(folder: Path, text: str | bytes) -> list[str]:
    """Without the file's path, which stands before each."""
    path = folder / "policy.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(policy.PolicyError) as caught:
        policy.read(path)
    assert all(m.startswith(f"{path}:") for m in caught.value.mistakes)
    return [m.removeprefix(f"{path}:") for m in caught.value.mistakes]


def test_shipped_policy_is_good() -> None:
    shipped = policy.read(SHIPPED_POLICY)
    assert (shipped.skill, shipped.language, shipped.region) == (
        SkillFrom.CATEGORY,
        LanguageFrom.CUSTOMER_OR_TEXT,
        RegionFrom.CUSTOMER,
    )
    assert sorted(shipped.priority, key=lambda s: shipped.priority[s]) == list(Severity)


def test_policy_is_read_as_written(tmp_path: Path) -> None:
    (tmp_path / "policy.yml").write_text(GOOD)
    read = policy.read(tmp_path / "policy.yml")
    assert (read.skill, read.language, read.region) == (SkillFrom.NONE, LanguageFrom.TEXT, RegionFrom.NONE)
    assert [read.weight[s] for s in Severity] == [1, 1, 2, 3]
    assert [read.priority[s] for s in Severity] == [0, 1, 5, 9]


def test_version_changes_with_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(GOOD)
    (tmp_path / "b.yml").write_text(GOOD)
    (tmp_path / "c.yml").write_text(GOOD + "# other\n")
    a, b, c = (policy.read(tmp_path / name).version for name in ("a.yml", "b.yml", "c.yml"))
    assert a == b != c


@pytest.mark.parametrize(
    ("wrong", "right", "named"),
    [
        (
            "language: text",
            "language: speech",
            ["1: needs/language: 'speech' is none of customer_or_text, customer, text, none"],
        ),
        ("language: text, ", "", ["1: needs: 'language' is missing"]),
        (
            "skill: none",
            "skills: none",
            ["1: needs: 'skill' is missing", "1: needs: 'skills' is not known here; known: skill, language, region"],
        ),
        ("high: 2", "high: 0", ["5: weight/high: '0' is no whole number from 1 to 1000"]),
        ("high: 2", "high: 1001", ["5: weight/high: '1001' is no whole number from 1 to 1000"]),
        ("high: 2", f"high: {'9' * 5000}", [f"5: weight/high: '{'9' * 5000}' is no whole number from 1 to 1000"]),
        ("high: 2", "high: '2'", ["5: weight/high: '2' is no whole number from 1 to 1000"]),
        ("high: 2", "high: 2.5", ["5: weight/high: '2.5' is no whole number from 1 to 1000"]),
        ("high: 2", "high: [2]", ["5: weight/high: a mapping or a list is no whole number from 1 to 1000"]),
        ("high: 2", "low: 2", ["3: weight: 'high' is missing", "5: weight: 'low' stands here twice"]),
        ("high: 5", "high: -1", ["7: priority/high: '-1' is no whole number from 0 to 1000"]),
        ("priority: {low: 0, medium: 1, high: 5, critical: 9}\n", "", ["1: the policy: 'priority' is missing"]),
        (
            "priority: {low: 0, medium: 1, high: 5, critical: 9}",
            "priority: high",
            ["7: priority must be a mapping with low, medium, high, critical"],
        ),
    ],
)
def test_mistake_is_named_with_its_line(tmp_path: Path, wrong: str, right: str, named: list[str]) -> None:
    assert wrong in GOOD
    assert mistakes(tmp_path, GOOD.replace(wrong, right)) == named


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    text = GOOD
    for right, wrong in (("language: text", "language: x"), ("low: 1", "low: x"), ("critical: 9", "critical: x")):
        text = text.replace(right, wrong)
    assert [m.partition(":")[0] for m in mistakes(tmp_path, text)] == ["1", "3", "7"]


@pytest.mark.parametrize("text", ["", "[]", "needs: {", "a: b: c", "needs: \x01", b"\xff\xfe\x00", "needs: *none"])
def test_what_is_no_policy_is_refused_with_a_line(tmp_path: Path, text: str | bytes) -> None:
    named = mistakes(tmp_path, text)
    assert named and all(m.partition(":")[0].isdigit() for m in named)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(policy.PolicyError, match=r"gone\.yml: cannot be read: No such file"):
        policy.read(tmp_path / "gone.yml")
