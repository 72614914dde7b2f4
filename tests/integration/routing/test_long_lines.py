"""Lines that are longer than what one transaction takes: nobody whom nobody can take stands in the way of others."""

from datetime import timedelta

from services.routing.placing import BATCH
from shared import clock
from shared.contracts.event import Severity
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
