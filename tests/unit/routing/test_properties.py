"""Whatever happens: nobody over capacity or unqualified, loads are what is held, nobody waits beside a free agent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.routing import tables
from services.routing.domain.complaint import ComplaintEvent
from services.routing.domain.roster import Agent
from shared.contracts.escalation import CaseResolved
from shared.contracts.event import Severity
from shared.contracts.routing import Needs
from tests.unit.routing.builders import (
    CRITICAL_WEIGHS_TWO,
    Office,
    an_agent,
    case_resolved,
    classified,
    reopened,
    resolved,
    updated,
)

IDS = st.sampled_from([f"c{n}" for n in range(8)])
CATEGORIES, LANGUAGES, REGIONS = ["billing", "refund"], ["cs", "de"], ["CZ", "DE"]
FACTS = {
    "category": st.sampled_from(CATEGORIES),
    "language": st.sampled_from([*LANGUAGES, "und"]),
    "region": st.sampled_from([*REGIONS, None]),
    "severity": st.sampled_from(Severity),
}
REVISIONS = st.integers(1, 6)
EVENTS = st.one_of(
    st.builds(classified, IDS, **FACTS),
    st.builds(classified, IDS, **FACTS),
    st.builds(updated, IDS, REVISIONS, **FACTS),
    st.builds(resolved, IDS, REVISIONS),
    st.builds(reopened, IDS, REVISIONS),
    st.builds(case_resolved, IDS, st.integers(0, 6)),
)
AGENTS = st.builds(
    an_agent,
    st.sampled_from("abc"),
    st.sets(st.sampled_from(CATEGORIES)),
    st.sets(st.sampled_from(LANGUAGES)),
    st.sets(st.sampled_from([*REGIONS, "*"])),
    st.integers(0, 3),
)
STEPS = st.one_of(st.lists(EVENTS, min_size=1, max_size=6), AGENTS)


@pytest.fixture(scope="module")
def one_office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(f"sqlite:///{tmp_path_factory.mktemp('routing')}/routing.sqlite")


@settings(max_examples=150)
@given(steps=st.lists(STEPS, min_size=3, max_size=14))
def test_whatever_happens(one_office: Office, steps: list[list[ComplaintEvent] | Agent]) -> None:
    office = one_office
    office.start_over(CRITICAL_WEIGHS_TWO)
    roster: dict[str, Agent] = {}
    for step in steps:
        before = having(office)
        if isinstance(step, Agent):
            roster[step.id] = step
            office.employ(step)
            office.sweep()
        else:
            office.tell(*step)
        gained = {id_: agent for id_, agent in having(office).items() if before.get(id_) != agent}
        nobody_got_what_they_cannot_take(office, roster, gained)
        assert office.loads() == office.held()
        nobody_waits_beside_a_free_agent(office, roster)
        assert office.sweep() == 0


@settings(max_examples=60)
@given(events=st.lists(EVENTS, min_size=1, max_size=12), data=st.data())
def test_events_told_twice_and_in_any_order_end_alike(
    one_office: Office, events: list[ComplaintEvent], data: st.DataObject
) -> None:
    """With room for all: the same complaints have an agent, at the same weight."""
    events = one_each(events)
    shuffled = data.draw(st.permutations([*events, *events]))
    outcomes = []
    for told in (events, shuffled):
        one_office.start_over(CRITICAL_WEIGHS_TWO)
        one_office.employ(an_agent(skills=CATEGORIES, languages=LANGUAGES, regions=["*"], capacity=100))
        for event in told:
            one_office.tell(event)
        outcomes.append((having(one_office).keys(), one_office.loads(), one_office.summary()))
    assert outcomes[0] == outcomes[1]


def one_each(events: list[ComplaintEvent]) -> list[ComplaintEvent]:
    """As intake publishes them: no two different events at one revision of a complaint."""
    seen: dict[tuple[object, ...], ComplaintEvent] = {}
    for event in events:
        revision = event.complaint_revision if isinstance(event, CaseResolved) else event.revision
        seen.setdefault((event.subject, revision, isinstance(event, CaseResolved)), event)
    return list(seen.values())


def having(office: Office) -> dict[str, tuple[str, str, int]]:
    """Who has which complaint, since when, at which attempt."""
    a = tables.assignments
    with office.db.read() as tx:
        rows = tx.execute(select(a).where(a.c.state == "assigned"))
        return {r.complaint_id: (r.agent_id, str(r.assigned_at), r.attempt) for r in rows}


def nobody_got_what_they_cannot_take(
    office: Office, roster: dict[str, Agent], gained: dict[str, tuple[str, str, int]]
) -> None:
    a, loads = tables.assignments, office.loads()
    with office.db.read() as tx:
        rows = {r.complaint_id: r for r in tx.execute(select(a))}
    for id_, (agent_id, _, _) in gained.items():
        agent, row = roster[agent_id], rows[id_]
        assert loads[agent_id] <= agent.capacity
        assert row.skill in agent.skills
        assert row.language is None or row.language in agent.languages
        assert row.region is None or row.region in agent.regions or "*" in agent.regions


def nobody_waits_beside_a_free_agent(office: Office, roster: dict[str, Agent]) -> None:
    loads = office.loads()
    for waiting in office.queue():
        needs = Needs(**waiting["needs"])
        qualified = [agent for agent in roster.values() if agent.lack(needs) is None]
        assert waiting["reason"] == ("all_full" if qualified else "nobody_qualified")
        assert not [agent.id for agent in qualified if loads[agent.id] + waiting["weight"] <= agent.capacity]
