"""What the people cannot do is found when the policy or a person changes, said once, and counted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from services.escalation.domain.lint import Kind
from services.escalation.domain.people import People, Role, Supervisor
from services.escalation.policy.policyfile import parse
from services.escalation.watch.linter import FINDINGS, Linter
from shared.policy.watched import AGAIN
from tests.unit.escalation.policies import LEAST

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
POLICY = parse(LEAST, "policy.yml")
DORA = Supervisor("dora", "Dora", Role.MANAGER, ("*",))
NOBODY = People()


def counted(kind: Kind = Kind.TOP_LEVEL_EMPTY) -> float:
    value: float = FINDINGS.labels(kind.value)._value.get()
    return value


def test_a_level_without_people_is_found_and_said_once() -> None:
    linter = Linter()
    with capture_logs() as logs:
        assert linter.look(POLICY, NOBODY, NOON)
        assert linter.look(POLICY, People((replace(DORA, role=Role.COORDINATOR),)), NOON)
    assert [(line["event"], line["kind"], line["about"]) for line in logs] == [
        ("policy_finding", "top_level_empty", "all")
    ]
    assert (linter.findings[0].text, counted()) == ("level 1 (only): nobody is meant by it", 1)
    assert counted(Kind.DUTY_GAP) == 0, "every kind has a series"


def test_what_is_mended_is_no_longer_told() -> None:
    linter = Linter()
    linter.look(POLICY, NOBODY, NOON)
    assert linter.look(POLICY, People((DORA,)), NOON)
    assert (linter.findings, counted()) == ((), 0)


@pytest.mark.parametrize(("later", "looks"), [(SECOND, False), (AGAIN - SECOND, False), (AGAIN, True)])
def test_without_a_change_it_looks_once_an_hour(later: timedelta, looks: bool) -> None:
    linter = Linter()
    linter.look(POLICY, People((DORA,)), NOON)
    assert linter.look(POLICY, People((replace(DORA),)), NOON + later) is looks


def test_it_looks_again_under_another_policy() -> None:
    linter = Linter()
    linter.look(POLICY, NOBODY, NOON)
    assert linter.look(replace(POLICY, version="another"), NOBODY, NOON)
