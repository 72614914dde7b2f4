"""Who qualifies for what."""

import pytest

from services.routing.domain.roster import Lack, Roster
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
        (Needs("billing", "cs", "CZ", 3, 3), None),
        (Needs("billing", "cs", "CZ", 4, 3), Lack.SKILL_LEVEL),
        (Needs("billing", "cs", "CZ", 3, 4), Lack.LANGUAGE_LEVEL),
        (Needs("billing", "cs", "CZ", team="recall"), Lack.TEAM),
        (Needs(team="first"), None),
    ],
)
def test_first_lack_counts(needs: Needs, lack: Lack | None) -> None:
    assert an_agent(teams=("first", "night")).lack(needs) is lack


def test_star_serves_every_region() -> None:
    assert an_agent(regions=("*",)).lack(Needs("billing", "cs", "NZ")) is None


def test_field_names_the_qualified_and_counts_the_others() -> None:
    roster = Roster([an_agent("b"), an_agent("a"), an_agent("c", languages=("de",))])
    field = roster.field(Needs("billing", "cs", "CZ"))
    assert (set(field.qualified), field.lacks) == ({"a", "b"}, {Lack.LANGUAGE: 1})


def test_changed_agent_is_asked_anew() -> None:
    needs, roster = Needs("refund", "cs", "CZ"), Roster([an_agent("a", revision=1), an_agent("b", revision=1)])
    known = roster.field(needs)
    assert (set(known.qualified), known.lacks) == (set(), {Lack.SKILL: 2})
    roster.change([an_agent("a", skills={"refund": 4}, revision=2), an_agent("c", skills={"refund": 1}, revision=3)])
    assert (set(known.qualified), +known.lacks) == ({"a", "c"}, {Lack.SKILL: 1})
    roster.change([an_agent("a", regions=("DE",), skills={"refund": 4}, revision=4)])
    assert (set(known.qualified), +known.lacks) == ({"c"}, {Lack.SKILL: 1, Lack.REGION: 1})


def test_older_copy_of_an_agent_is_ignored() -> None:
    roster = Roster([an_agent("a", capacity=9, revision=7), an_agent("b", revision=8)])
    roster.change([an_agent("a", capacity=1, revision=6)])
    assert (roster["a"].capacity, roster.revision) == (9, 8)
