"""A complaint that is merged into another one, or forgotten, gives its agent back once and is never assigned again."""

from collections.abc import Callable

import pytest

from shared.contracts.intake import ComplaintEnd
from shared.messaging import failures
from shared.messaging.envelope import Message
from shared.summary import plumbing_counts
from tests.unit.routing.builders import Office, an_agent, case_resolved, classified, forgotten, merged, updated

End = Callable[..., ComplaintEnd]
ENDS = pytest.mark.parametrize("end", [merged, forgotten])


@ENDS
def test_the_agent_is_free_again_once(office: Office, end: End) -> None:
    office.employ(an_agent())
    office.tell(classified("c1"), classified("c2"))
    office.tell(end("c1"), end("c1"))
    office.tell(case_resolved("c1", seen=2), end("c1"))
    office.tell(end("c1", revision=3))
    assert office.loads() == office.held() == {"eva": 1}
    assert office.assignment("c1")["state"] == "released"


@ENDS
def test_it_may_come_before_the_complaint_itself(office: Office, end: End) -> None:
    office.employ(an_agent())
    office.tell(end("c1", revision=3))
    office.tell(classified("c1"), updated("c1"))
    assert office.loads() == {"eva": 0} and office.announced == []
    assert (office.assignment("c1")["state"], office.assignment("c1")["reason"]) == ("released", end().type[10:])


@ENDS
def test_what_waits_waits_no_more(office: Office, end: End) -> None:
    office.tell(classified("c1"))
    office.tell(end("c1"))
    office.employ(an_agent())
    assert office.sweep() == 0 and office.queue() == []


def test_what_was_put_aside_about_a_forgotten_complaint_is_erased(office: Office) -> None:
    for id_ in ("c1-6b1f4b9e", "c2-0f8c2d11"):
        body = f'{{"complaint_id": "{id_}", "excerpt": "my kettle"}}'.encode()
        failure = failures.Failure(
            "routing.intake.v1", "/ombud/intake", id_, "complaint.updated", id_, Message("x", {}, body), "failed", "…"
        )
        with office.db.transaction() as tx:
            failures.schedule_retry(tx, "routing", failure, 1)
        with office.db.transaction() as tx:
            failures.bury(tx, "routing", failures.Failure(**{**vars(failure), "event_id": f"{id_}-dead"}))
    office.tell(forgotten("c1-6b1f4b9e"))
    with office.db.read() as tx:
        counts = plumbing_counts(tx)
    assert (counts["retries"], counts["dead_letters"]) == (1, 1)
