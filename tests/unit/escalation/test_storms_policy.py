"""What storms become when the policy changes, and what it costs to look for them."""

from typing import Any

import pytest
from sqlalchemy import event

from services.escalation.domain.policy import Of, StormRule
from services.escalation.domain.storms import LONGEST_KEY, key_of
from shared.contracts.event import Severity
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.storm_stories import (
    BY_PLACE,
    BY_PRODUCT,
    HOUR,
    MINUTE,
    PEOPLE,
    WITHOUT_STORMS,
    a_complaint,
    a_storm,
    alerts,
    alike,
    id_of,
    is_part,
    majors,
    storms,
    with_storms,
)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.start_over(PEOPLE, with_storms(BY_PRODUCT, BY_PLACE))
    return desk


# -- the policy changes -------------------------------------------------------------------------------------------


def test_a_rule_that_is_gone_takes_no_more_cases_and_its_storm_ends(desk: Desk) -> None:
    major = a_storm(desk)
    desk.under(with_storms(BY_PLACE))
    desk.hear(a_complaint(5, severity=Severity.CRITICAL))
    desk.watch_storms()
    assert len(alerts(desk, id_of(5))) == 1 and is_part(desk, 1, major)
    assert storms(desk)[0].ended_at is None
    desk.jump(HOUR + MINUTE)
    desk.watch_storms()
    assert storms(desk)[0].ended_at is not None


def test_a_policy_without_storms_ends_them_too(desk: Desk) -> None:
    a_storm(desk)
    desk.under(WITHOUT_STORMS)
    desk.jump(HOUR + MINUTE)
    desk.watch_storms()
    assert storms(desk)[0].ended_at is not None


@pytest.mark.parametrize("of", ["[product, region]", "category"])
def test_a_rule_that_counts_by_something_else_now_is_another_rule(desk: Desk, of: str) -> None:
    major = a_storm(desk)
    desk.under(with_storms(BY_PRODUCT.replace("of: product", f"of: {of}")))
    desk.hear(*alike(11, 14))
    desk.watch_storms()
    assert len(majors(desk)) == 2
    assert is_part(desk, 1, major) and is_part(desk, 11, majors(desk)[1])


def test_the_order_of_what_is_counted_makes_no_other_storm_and_no_key_is_too_long() -> None:
    def key(*of: Of, **alike: str) -> str:
        rule = StormRule("n" * 60, of, 3, MINUTE, "major", HOUR)
        return key_of(rule, {one: alike.get(one.value, "x" * 200) for one in of})

    assert key(Of.CATEGORY, Of.REGION) == key(Of.REGION, Of.CATEGORY)
    longest = key(*Of, region="R" * 40), key(*Of, region="S" * 40)
    assert [len(one) for one in longest] == [LONGEST_KEY, LONGEST_KEY] and longest[0] != longest[1]


def test_a_storm_of_a_very_long_name_opens(desk: Desk) -> None:
    rule = BY_PRODUCT.replace("product,", "n" * 40 + ",", 1).replace("of: product", "of: [category, product, region]")
    desk.start_over(PEOPLE, with_storms(rule))
    desk.hear(*alike(1, 4, "R" * 40, product="x" * 200, category="c" * 40))
    desk.watch_storms()
    assert len(majors(desk)) == 1


# -- what it costs ------------------------------------------------------------------------------------------------


def statements_of(desk: Desk, policy: str) -> list[str]:
    """What is asked of the database when a batch of cases is opened under the policy."""
    desk.start_over(PEOPLE, policy)
    desk.hear(a_complaint("first"))  # keeps the policy
    desk.hear(a_complaint("second"))
    asked: list[str] = []

    def ask(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(desk.db.engine, "before_cursor_execute", ask)
    desk.hear(*alike(1, 20))
    event.remove(desk.db.engine, "before_cursor_execute", ask)
    return asked


def test_opening_cases_asks_once_a_batch_for_storms_and_never_when_the_policy_has_none(desk: Desk) -> None:
    without, with_rules = statements_of(desk, WITHOUT_STORMS), statements_of(desk, with_storms(BY_PRODUCT))
    assert not [statement for statement in without if "storms" in statement]
    assert len(with_rules) == len(without) + 1
    assert len([statement for statement in with_rules if "storms" in statement]) == 1


def test_a_look_at_a_storm_of_which_there_is_no_news_writes_nothing(desk: Desk) -> None:
    major = a_storm(desk)
    desk.watch_storms()
    before = desk.case(major), storms(desk), len(desk.announced)
    asked: list[str] = []
    event.listen(desk.db.engine, "before_cursor_execute", lambda _c, _cur, statement, *_: asked.append(statement))
    desk.watch_storms()
    assert before == (desk.case(major), storms(desk), len(desk.announced))
    assert asked and not [statement for statement in asked if statement.startswith(("UPDATE", "INSERT"))]
