"""The policy file: what it says, and how each mistake is named."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.escalation.domain.ladder import Role
from services.escalation.policyfile import WrongPolicy, parse, read_document
from services.escalation.settings import SHIPPED_POLICY
from shared.contracts.escalation import EscalationReason
from shared.contracts.event import Severity

GOOD = """\
name: mine
triggers:
  - when: severity
    is: [critical]
first_answer_within: {critical: 30m, high: 2h, medium: 8h, low: 2d}
ladder:
  - name: first
    recipients: [supervisor]
    respond_within: {critical: 90s, high: 30m, medium: 1h, low: 2h}
"""


def mistakes(document: str) -> tuple[str, ...]:
    with pytest.raises(WrongPolicy) as caught:
        parse(document, "policy.yml")
    return caught.value.mistakes


def test_the_shipped_policy_can_be_used() -> None:
    policy = parse(read_document(SHIPPED_POLICY), "policy.yml")
    assert policy.top_level == 3
    assert policy.fired(Severity.HIGH, "supervisor") == (EscalationReason.SEVERITY, EscalationReason.ASKED)


def test_a_policy_says_who_and_how_long() -> None:
    policy = parse(GOOD, "policy.yml")
    assert policy.level(1).roles == (Role.SUPERVISOR,)
    assert policy.level(1).respond_within[Severity.CRITICAL] == timedelta(seconds=90)
    assert policy.first_answer_within[Severity.LOW] == timedelta(days=2)
    assert policy.fired(Severity.HIGH, "supervisor") == ()


def test_the_version_is_the_name_and_the_content() -> None:
    version = parse(GOOD, "policy.yml").version
    assert version.startswith("mine@")
    assert version == parse(GOOD, "other.yml").version
    assert version != parse(GOOD.replace("90s", "91s"), "policy.yml").version
    assert "@" not in parse(GOOD.replace("name: mine\n", "", 1), "policy.yml").version


@pytest.mark.parametrize(
    ("right", "wrong", "line", "about"),
    [
        ("90s", "90", 9, "respond_within.critical: 90 is not a time"),
        ("90s", "0s", 9, "is not a time"),
        ("low: 2d", "lower: 2d", 5, "first_answer_within"),
        ("[supervisor]", "[supervizor]", 8, "ladder.0.recipients.0"),
        ("[supervisor]", "[]", 8, "ladder.0.recipients"),
        ("is: [critical]", "is: [terrible]", 4, "'terrible' is none of low, medium, high, critical"),
        ("when: severity", "when: full_moon", 3, "triggers.0.when"),
        ("recipients:", "recipient:", 8, "Unknown field"),
        ("ladder:", "laddder:", 6, "Unknown field"),
        ("  - name: first", "  - name: first\n    name: again", 8, "'name' stands here twice"),
        ("name: mine", "name: {", 3, ""),
        ("name: mine", "name: a b", 1, "name"),
    ],
)
def test_a_mistake_is_named_with_its_line(right: str, wrong: str, line: int, about: str) -> None:
    assert right in GOOD
    found = mistakes(GOOD.replace(right, wrong, 1))
    assert any(m.startswith(f"policy.yml:{line}: ") and about in m for m in found), found


@pytest.mark.parametrize(
    "document",
    [
        "",
        "just a text",
        "- a\n- list",
        "ladder: 3",
        "triggers: [severity]\nladder: [x]",
    ],
)
def test_something_else_than_a_policy_is_refused(document: str) -> None:
    assert mistakes(document)


def test_two_levels_of_one_name_are_refused() -> None:
    rung = GOOD[GOOD.index("  - name: first") :]
    assert any("'first' stands here twice" in m for m in mistakes(GOOD + rung))


def test_more_levels_than_the_metrics_have_series_for_are_refused() -> None:
    rung = GOOD[GOOD.index("  - name: first") :]
    assert mistakes(GOOD + "".join(rung.replace("first", f"level{n}") for n in range(5)))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(WrongPolicy, match=r"gone\.yml:1: cannot be read"):
        read_document(tmp_path / "gone.yml")
