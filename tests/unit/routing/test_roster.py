"""Who qualifies for what."""

import pytest

from services.routing.domain.roster import Agent, Lack, Roster
from shared.contracts.routing import Needs
from tests.unit.routing.builders import an_agent


@pytest.mark.parametrize(
    ("needs", "lack"),
    [
        (Needs("billing", "cs", "CZ"), None),
        (Needs(None, None, None), None),
        (Needs("refund", "cs", "CZ"), Lack.SKILL),
        (Needs("billing", "de", "CZ"), Lack.LANGUAGE),
        (Needs("billing", "cs", "DE"), Lack.REGION),
        (Needs("refund", "de", "DE"), Lack.SKILL),
        (Needs("billing", "de", "DE"), Lack.LANGUAGE),
    ],
)
def test_first_lack_counts(needs: Needs, lack: Lack | None) -> None:
    assert an_agent().lack(needs) is lack


def test_star_serves_every_region() -> None:
    assert an_agent(regions=("*",)).lack(Needs("billing", "cs", "NZ")) is None


def test_field_names_the_qualified_and_counts_the_others() -> None:
    roster = roster_of(an_agent("b"), an_agent("a"), an_agent("c", languages=("de",)))
    field = roster.field(Needs("billing", "cs", "CZ"))
    assert (field.qualified, field.lacks) == (("a", "b"), {Lack.LANGUAGE: 1})


def test_changed_agent_is_asked_anew() -> None:
    needs, roster = Needs("refund", "cs", "CZ"), roster_of(an_agent("a", revision=1))
    assert roster.field(needs).qualified == ()
    assert roster.with_changes([an_agent("a", skills=("refund",), revision=2)]).field(needs).qualified == ("a",)


def test_older_copy_of_an_agent_is_ignored() -> None:
    roster = roster_of(an_agent("a", capacity=9, revision=7), an_agent("b", revision=8))
    later = roster.with_changes([an_agent("a", capacity=1, revision=6)])
    assert (later["a"].capacity, later.revision) == (9, 8)


def roster_of(*agents: Agent) -> Roster:
    return Roster({a.id: a for a in agents})
