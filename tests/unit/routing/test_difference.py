"""What a list of agents would change is told in the words of its bodies, and in their order."""

from typing import Any

import pytest

from services.routing.roster import agent_schemas
from services.routing.roster.told import content
from shared.differences import Changed, difference

EVA: dict[str, Any] = {"name": "Eva", "skills": ["billing"], "languages": ["cs"], "regions": ["CZ"], "capacity": 4}
SHIFT = {"days": "mon-fri", "from": "08:00", "to": "16:00"}
CHANGES = [
    {"name": "Ewa"},
    {"skills": {"billing": 4}},
    {"languages": ["cs", "en"]},
    {"regions": ["CZ", "SK"]},
    {"capacity": 5},
    {"teams": ["recall"]},
    {"timezone": "Europe/Prague"},
    {"shifts": [SHIFT]},
    {"absences": [{"from": "2026-12-24", "to": "2026-12-26"}]},
    {"holidays": "CZ"},
]


def contents(**bodies: dict[str, Any]) -> dict[str, Any]:
    return {id_: content(agent_schemas.agent_from(id_, body)) for id_, body in bodies.items()}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_each_field_of_a_body_is_told_by_its_name(change: dict[str, Any]) -> None:
    found = difference(contents(eva=EVA), contents(eva=EVA | change, max=EVA))
    assert (found.added, found.changed) == (("max",), (Changed("eva", tuple(change)),))


def test_all_that_changes_is_told_in_the_order_of_the_body() -> None:
    everything = {name: value for change in CHANGES for name, value in change.items()}
    (changed,) = difference(contents(eva=EVA), contents(eva=EVA | everything)).changed
    assert list(changed.fields) == list(agent_schemas.AgentSchema().fields) == list(everything)


def test_the_same_in_other_words_is_no_change() -> None:
    same = EVA | {"skills": {"billing": 3}, "languages": {"CS": 3}, "regions": ["cz", "CZ"], "holidays": None}
    assert difference(contents(eva=EVA), contents(eva=same)).unchanged == ("eva",)
