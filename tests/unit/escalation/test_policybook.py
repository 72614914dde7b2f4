"""A case keeps the policy that it started with."""

from datetime import timedelta

import pytest

from services.escalation import store
from services.escalation.policybook import PolicyBook
from services.escalation.settings import SHIPPED_POLICY
from shared.contracts.escalation import CaseEscalated, CaseExhausted
from tests.unit.escalation.desk import Desk
from tests.unit.escalation.test_usecases import id_of, severe

ONE_LEVEL = """\
name: short
triggers: [{when: severity, is: [critical]}]
first_answer_within: {critical: 1h, high: 1h, medium: 1h, low: 1h}
ladder:
  - {name: only, recipients: [manager], respond_within: {critical: 1m, high: 1m, medium: 1m, low: 1m}}
"""


def test_an_older_case_climbs_by_its_own_policy_after_a_new_one_was_loaded(desk: Desk) -> None:
    desk.hear(severe("old"))
    desk.book = PolicyBook(ONE_LEVEL, "short.yml")
    desk.hear(severe("new"))
    desk.jump(timedelta(hours=1))
    while desk.tick():
        pass
    assert [e.case_id for e in desk.told(CaseExhausted)] == [id_of("new")]
    climbed = desk.told(CaseEscalated)[-1]
    assert (climbed.case_id, climbed.level) == (id_of("old"), 2)
    assert climbed.policy_version.startswith("standard@")


def test_a_policy_is_kept_even_when_the_first_transaction_was_rolled_back(desk: Desk) -> None:
    def keep_and_fail() -> None:
        with desk.db.transaction() as tx:
            desk.book.keep_current(tx)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        keep_and_fail()
    for name in ("1", "2"):
        desk.hear(severe(name))
    with desk.db.read() as tx:
        assert store.find_policy(tx, desk.book.current.version) == SHIPPED_POLICY.read_text()


def test_a_case_whose_policy_is_gone_climbs_by_the_current_one(desk: Desk) -> None:
    with desk.db.read() as tx:
        assert desk.book.of(tx, "lost@000") is desk.book.current
