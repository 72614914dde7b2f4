"""What is wrong with a roster file is said with its line, before anything is sent."""

from pathlib import Path
from textwrap import dedent

import pytest

from ombud.roster_form import Fault, read_form, without_contact

SAMPLE = Path(__file__).parents[3] / "samples" / "roster.yml"


def faults(text: str) -> list[Fault]:
    return read_form(dedent(text).lstrip("\n")).faults


def test_the_sample_roster_is_in_order() -> None:
    form = read_form(SAMPLE.read_text(encoding="utf-8"))
    assert form.faults == []
    assert without_contact(form) == []
    assert all(form.entries.values())


def test_an_entry_keeps_its_data_and_the_lines_of_its_keys() -> None:
    form = read_form("agents:\n  - id: jana\n    name: Jana\n    languages: [cs, en]\n")
    (jana,) = form.entries["agents"]
    assert jana.data == {"id": "jana", "name": "Jana", "languages": ["cs", "en"]}
    assert (jana.line_of("/languages/1"), jana.line_of("/capacity"), jana.line_of("/")) == (4, 2, 2)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("agents: [", Fault(1, "not YAML: expected the node content, but found '<stream end>'")),
        ("- jana", Fault(1, "a roster has the lists agents, supervisors, contacts")),
        ("agents: []\nagent: []", Fault(2, "'agent' is none of agents, supervisors, contacts")),
        ("agents: jana", Fault(1, "agents is not a list")),
        ("agents:\n  - jana", Fault(2, "agents: an entry is a mapping with id, …")),
        ("agents:\n  - name: Jana", Fault(2, "agents: id is missing or not a name")),
        ("agents:\n  - id: 7", Fault(2, "agents: id is missing or not a name")),
        ("agents:\n  - id: a/b", Fault(2, "agents: id is missing or not a name")),
        (
            "contacts:\n  - person: jana\n    mail: x",
            Fault(
                3, "contacts: unknown key 'mail'; there are channels, email, language, name, person, phone, timezone"
            ),
        ),
        (
            "agents:\n  - id: jana\n  - id: petr\n  - id: jana",
            Fault(4, "agents: jana stands here twice, first in line 2"),
        ),
    ],
)
def test_each_fault_is_named_with_its_line(text: str, fault: Fault) -> None:
    assert faults(text) == [fault]


def test_an_agent_may_have_a_contact_of_the_same_name() -> None:
    assert faults("agents:\n  - id: jana\ncontacts:\n  - person: jana\n") == []


def test_a_supervisor_whom_nobody_could_reach_is_found() -> None:
    form = read_form("supervisors:\n  - id: petr\n  - id: eva\ncontacts:\n  - person: eva\n")
    assert [entry.id for entry in without_contact(form)] == ["petr"]
