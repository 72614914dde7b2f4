"""Who qualifies is found by sets and kept up as agents change; it is what asking every agent says."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.domain.policy import ScoreWeights
from services.routing.domain.roster import Agent, Lack, Roster
from shared.contracts.routing import Needs
from tests.unit.routing.builders import an_agent

SKILLS, LANGUAGES, REGIONS, TEAMS = ("billing", "refund"), ("cs", "de"), ("CZ", "DE"), ("night", "recall")
LEVELS = st.integers(1, 5)
AGENTS = st.builds(
    an_agent,
    st.sampled_from("abcdef"),
    st.dictionaries(st.sampled_from(SKILLS), LEVELS),
    st.dictionaries(st.sampled_from(LANGUAGES), LEVELS),
    st.sets(st.sampled_from([*REGIONS, "*"])),
    teams=st.sets(st.sampled_from(TEAMS)).map(tuple),
)
NEEDS = st.builds(
    Needs,
    st.sampled_from([None, *SKILLS, "unknown"]),
    st.sampled_from([None, *LANGUAGES]),
    st.sampled_from([None, *REGIONS]),
    st.none() | LEVELS,
    st.none() | LEVELS,
    st.sampled_from([None, *TEAMS]),
)
WEIGHTS = ScoreWeights()


@settings(max_examples=150)
@given(changes=st.lists(AGENTS, max_size=12), asked=st.lists(NEEDS, min_size=1, max_size=4), early=st.integers(0, 12))
def test_it_is_what_asking_every_agent_says(changes: list[Agent], asked: list[Needs], early: int) -> None:
    """early: after so many changes it is asked first, and from then on kept up."""
    roster, known = Roster(), dict[str, Agent]()
    for revision, agent in enumerate(changes, 1):
        if revision > early:
            for needs in asked:
                roster.field(needs), roster.static(needs, WEIGHTS)
        known[agent.id] = agent = Agent(**{**vars(agent), "revision": revision})
        roster.change([agent])
    for needs in asked:
        lacks = {agent.id: agent.lack(needs) for agent in known.values()}
        field = roster.field(needs)
        assert field.qualified == {id_ for id_, lack in lacks.items() if lack is None}
        assert +field.lacks == Counter[Lack](lack for lack in lacks.values() if lack is not None)
        static = roster.static(needs, WEIGHTS)
        assert {id_: static[id_] for id_ in field.qualified} == {
            id_: known[id_].fit(needs).score(WEIGHTS) for id_ in field.qualified
        }
