"""What one transaction takes of the lines: the first, of any line, that others do not have; nobody is in the way."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.routing import store
from services.routing.domain.complaint import Complaint
from services.routing.domain.needs import Wanted
from services.routing.domain.policy import Relaxation
from services.routing.placing.turns import BATCH
from shared import clock
from shared.contracts.event import Severity
from shared.database import Transaction
from tests.unit.routing.builders import CRITICAL_WEIGHS_TWO, Office, a_policy, a_rule, an_agent, classified, resolved

WITHIN_A_MINUTE = a_policy(a_rule(answer_within=dict.fromkeys(Severity, timedelta(minutes=1))))


def test_many_whom_the_only_free_agent_lost_do_not_keep_the_next_from_them(office: Office) -> None:
    office.start_over(WITHIN_A_MINUTE)
    office.employ(an_agent("eva", capacity=BATCH + 10))
    lost = [f"c{n:03}" for n in range(BATCH + 10)]
    office.tell(*map(classified, lost))
    office.at = clock.now() + timedelta(minutes=2)
    office.settle()
    office.under(a_policy())  # from here on nobody has to answer
    office.tell(*(classified(f"d{n:03}") for n in range(BATCH + 10)))
    office.tell(classified("next"))
    assert office.loads() == {"eva": BATCH + 10}
    office.settle()
    office.tell(resolved("d000"))
    office.advance(seconds=1)
    assert office.agent_of("next") == "eva"
    assert {office.assignment(id_)["reason_now"] for id_ in (lost[0], lost[-1])} == {"declined"}


def test_while_room_is_kept_for_a_heavy_one_the_others_are_still_served(office: Office) -> None:
    office.start_over(CRITICAL_WEIGHS_TWO)
    office.employ(an_agent("eva", capacity=2), an_agent("max", skills=("refund",), capacity=1))
    office.tell(classified("first"), classified("second"), classified("other", category="refund"))
    office.tell(
        classified("heavy", severity=Severity.CRITICAL), *(classified(f"light{n:03}") for n in range(BATCH + 9))
    )
    office.tell(classified("refund", category="refund"))
    office.advance(minutes=11)
    office.tell(resolved("first"))
    office.advance(seconds=1)
    assert office.loads() == {"eva": 1, "max": 1}, "eva's room is kept"
    # Max becomes free without anybody being told, as it is when an agent's shift begins.
    office.tell(resolved("other"))
    office.advance(seconds=1)
    assert office.agent_of("refund") == "max"
    office.tell(resolved("second"))
    office.advance(seconds=1)
    assert office.agent_of("heavy") == "eva"


def test_each_of_many_lines_is_looked_at(office: Office) -> None:
    """More lines than one look takes: those that nobody has room for count for nothing."""
    office.employ(an_agent("full", skills=tuple(f"s{n}" for n in range(300)), capacity=0))
    office.tell(*(classified(f"c{n:03}", category=f"s{n}") for n in range(300)))
    office.employ(an_agent("eva", skills=("s299",)))
    office.settle()
    assert office.agent_of("c299") == "eva"


def test_the_first_of_all_lines_are_taken_whatever_line_they_stand_in(office: Office) -> None:
    """The query goes through each line by itself, up to as many as are wanted."""
    told = [classified(f"c{n:02}", category=f"s{n % 3}", severity=list(Severity)[n % 4]) for n in range(40)]
    for start in range(0, 40, 8):  # those of one batch have one rank, if they are as urgent
        office.tell(*told[start : start + 8])
    with office.db.transaction() as tx:
        lines = store.lines(tx)
        everyone = [c.id for c in store.waiting(tx, 100)]
        taken = [c for n in (1, 7, 100) for c in store.take_waiting(tx, lines, n)]
        assert [c.id for c in taken] == [*everyone[:1], *everyone[:7], *everyone]
        some = [line for line in lines if line.needs.skill == "s1"]
        assert {c.demand.needs.skill for c in store.take_waiting(tx, some, 100) if c.demand} == {"s1"}


CLAIMS: dict[str, Callable[[Transaction, int], list[Complaint]]] = {
    "take_waiting": lambda tx, n: store.take_waiting(tx, store.lines(tx), n),
    "claim_relaxations": lambda tx, n: store.claim_relaxations(tx, "test", n),
    "claim_outdated": lambda tx, n: store.claim_outdated(tx, "newer", n),
    "claim_unanswered": store.claim_unanswered,
    "claim_left_behind": lambda tx, n: store.claim_left_behind(tx, ["eva"], n),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_another_replica_works_on_is_left_out_and_not_waited_for(
    replica: Callable[[], Office], claim: str
) -> None:
    first, second = replica(), replica()
    rules = a_rule(
        answer_within=dict.fromkeys(Severity, timedelta(0)), relax=(Relaxation(timedelta(0), Wanted(language="none")),)
    )
    first.under(a_policy(rules))
    first.employ(an_agent("eva", capacity=20))
    first.tell(*(classified(f"a{n:02}") for n in range(20)), *(classified(f"w{n:02}", category="x") for n in range(20)))
    with first.db.transaction() as one, second.db.transaction() as other:
        mine = {c.id for c in CLAIMS[claim](one, 5)}
        theirs = {c.id for c in CLAIMS[claim](other, 10)}
    # The heads of lines are found first and locked then, so those of others leave gaps.
    assert (len(mine), len(theirs)) == (5, 5 if claim.startswith("take") else 10)
    assert mine.isdisjoint(theirs)
