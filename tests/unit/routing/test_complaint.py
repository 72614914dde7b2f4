"""What events make of a complaint, in any order."""

from datetime import timedelta
from itertools import permutations

import pytest

from services.routing.domain.choice import Decision
from services.routing.domain.complaint import Complaint
from services.routing.domain.entry import State
from services.routing.domain.following import ComplaintEvent, follow
from services.routing.domain.reasons import Reason
from shared.contracts.event import Severity
from tests.unit.routing.builders import (
    NOON,
    a_policy,
    case_resolved,
    classified,
    reopened,
    resolved,
    updated,
)

POLICY = a_policy()
SECOND = timedelta(seconds=1)


def after(*events: ComplaintEvent, start: Complaint | None = None) -> Complaint:
    complaint = start or Complaint("c1", NOON)
    for event in events:
        complaint = follow(complaint, event, POLICY, NOON)
    return complaint


def assigned(*events: ComplaintEvent) -> Complaint:
    """What the events make of it, where each time it looks for an agent it gets eva."""
    complaint = Complaint("c1", NOON)
    for event in events:
        complaint = follow(complaint, event, POLICY, NOON)
        if complaint.state is State.WAITING:
            complaint = complaint.decided(Decision("eva", Reason.BEST_SCORE), NOON)
    return complaint


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([classified()], State.ASSIGNED),
        ([classified(), updated()], State.ASSIGNED),
        ([classified(), resolved()], State.RELEASED),
        ([classified(), resolved(), reopened()], State.ASSIGNED),
        ([classified(), resolved(), updated(revision=3)], State.RELEASED),
        ([classified(), resolved(), reopened(), updated(revision=4)], State.ASSIGNED),
        ([classified(), resolved(), reopened(), resolved(revision=4)], State.RELEASED),
        ([classified(), case_resolved()], State.RELEASED),
        ([classified(), resolved(), case_resolved(seen=2), reopened()], State.ASSIGNED),
        ([classified(), resolved(), reopened(), case_resolved(seen=3)], State.RELEASED),
        ([classified(), case_resolved(seen=1), reopened()], State.ASSIGNED),
        ([classified(), case_resolved(seen=4), reopened()], State.RELEASED),
        ([classified(), resolved(), case_resolved(seen=0), reopened()], State.ASSIGNED),
        ([resolved()], State.RELEASED),
        ([reopened()], State.EARLY),
    ],
)
def test_order_of_events_does_not_matter(events: list[ComplaintEvent], state: State) -> None:
    for order in permutations(events):
        complaint = assigned(*order)
        assert complaint.state is state, [type(e).__name__ for e in order]
        assert complaint.held_weight == (1 if state is State.ASSIGNED else 0)


def test_event_told_twice_changes_nothing_the_second_time() -> None:
    for events in (
        [classified()],
        [classified(), resolved()],
        [classified(), resolved(), reopened()],
        [case_resolved()],
    ):
        known = after(*events)
        assert follow(known, events[-1], POLICY, NOON + SECOND) is known


def test_newer_facts_replace_older_ones_and_never_the_other_way() -> None:
    news = updated(revision=3, severity=Severity.CRITICAL)
    for order in permutations([classified(), updated(revision=2), news]):
        complaint = after(*order)
        assert (complaint.facts_revision, complaint.demand and complaint.demand.severity) == (3, Severity.CRITICAL)


@pytest.mark.parametrize(("seen", "state"), [(2, State.WAITING), (3, State.RELEASED), (4, State.RELEASED)])
def test_case_closes_only_what_it_had_seen(seen: int, state: State) -> None:
    complaint = after(classified(), resolved(revision=2), reopened(revision=3))
    assert follow(complaint, case_resolved(seen=seen), POLICY, NOON).state is state


def test_each_announced_decision_is_one_more_attempt() -> None:
    waits = Decision(None, Reason.ALL_FULL)
    queued = after(classified()).decided(waits, NOON)
    again = queued.decided(waits, NOON + SECOND)
    assert (queued.attempt, again) == (1, queued)
    assert queued.decided(Decision("eva", Reason.BEST_SCORE), NOON).attempt == 2


def test_new_needs_of_a_waiting_complaint_are_decided_anew() -> None:
    queued = after(classified()).decided(Decision(None, Reason.ALL_FULL), NOON)
    assert after(updated(), start=queued).reason is Reason.ALL_FULL
    assert after(updated(category="refund"), start=queued).reason is None
