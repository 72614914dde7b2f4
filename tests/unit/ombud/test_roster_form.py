"""What is wrong with a roster file is said with its line, before anything is sent."""

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from ombud.roster.form import PARTS, Fault, read_file, read_form, without_contact
from ombud.trouble import Trouble
from services.escalation.people.supervisor_schemas import SupervisorEntry, SupervisorsBody
from services.notify.domain.contact import Wish
from services.notify.people.contact_schemas import ContactEntry, contacts_from
from shared.contracts.event import Severity
from shared.errors import Rejected

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
                3,
                "contacts: unknown key 'mail'; there are apprise, channels, email, gather, language, name, person, "
                "phone, quiet_hours, slack, teams, timezone, webhook, wishes",
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


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("agents: []\nagents: []", Fault(2, "agents stand here twice, first in line 1")),
        ("agents:\n  - id: jana\n    name: A\n    name: B", Fault(4, "agents: 'name' stands here twice")),
        ("agents:\n  - id: jana\n    skills: &s [*s]", Fault(3, "not YAML: found unconstructable recursive node")),
        ("agents:\n  - id: jana\n    capacity: !!int many", Fault(3, "not YAML: invalid literal for int()")),
        ("agents:\n  - id: jana\n    name: !!binary aGk=", Fault(3, "agents: name cannot be written as JSON: Object")),
        ("agents:\n  - id: jana\n    name: !!timestamp 2026-12-24", Fault(3, "agents: name cannot be written as JSON")),
        ("agents:\n  - id: jana\n    name: !!float .nan", Fault(3, "agents: name cannot be written as JSON: Out of")),
        ('agents:\n  - id: jana\n    name: "\\ud800"', Fault(3, "agents: name cannot be written as JSON: 'utf-8'")),
        ("agents:\n  - id: jana\n    name: a\0b", Fault(3, "not YAML: special characters are not allowed")),
        ("agents:\n  - id: jana\n    <<: 3", Fault(3, "not YAML: expected a mapping or list of mappings for merging")),
    ],
)
def test_what_yaml_allows_and_a_roster_does_not_is_a_fault_and_no_crash(text: str, fault: Fault) -> None:
    (found,) = read_form(text).faults
    assert (found.line, found.text[: len(fault.text)]) == (fault.line, fault.text)


AGENT = """
agents:
  - id: jana
    skills: {billing: expert, refund: 3}
    regions: [NO, "CZ"]
    languages:
      - cs
      - no
    teams: [kettles]
    capacity: 3
    timezone: Europe/Prague
    shifts:
      - {days: mon-fri, from: 08:00, to: 17:30}
      - days: [sat]
        from: 9:00
        to: 12:00
    absences:
      - from: 2026-12-24
        until: 2026-12-31T12:00:00+01:00
    holidays: [2026-12-24]
"""


def test_the_fuller_agent_goes_out_as_it_is_written() -> None:
    form = read_form(AGENT)
    assert form.faults == []
    assert json.loads(json.dumps(form.entries["agents"][0].data)) == {
        "id": "jana",
        "skills": {"billing": "expert", "refund": 3},
        "regions": ["NO", "CZ"],
        "languages": ["cs", "no"],
        "teams": ["kettles"],
        "capacity": 3,
        "timezone": "Europe/Prague",
        "shifts": [
            {"days": "mon-fri", "from": "08:00", "to": "17:30"},
            {"days": ["sat"], "from": "9:00", "to": "12:00"},
        ],
        "absences": [{"from": "2026-12-24", "until": "2026-12-31T12:00:00+01:00"}],
        "holidays": ["2026-12-24"],
    }


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 3),
        ("/name", 3),
        ("/skills/refund", 4),
        ("/languages", 6),
        ("/languages/1", 8),
        ("/shifts/0/to", 13),
        ("/shifts/1/to", 16),
        ("/shifts/1/days/0", 14),
        ("/shifts/1/break/from", 14),
        ("/shifts/7", 12),
        ("/absences/0/until", 19),
        ("nonsense", 3),
    ],
)
def test_the_line_of_a_pointer_is_the_nearest_that_is_known(pointer: str, line: int) -> None:
    (jana,) = read_form(AGENT).entries["agents"]
    assert jana.line_of(pointer) == line


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("+420601234567", "+420601234567"),
        ("yes", "yes"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("012", "012"),
        ("0", 0),
        ("-7", -7),
        ("1_000", "1_000"),
        ("1.5", 1.5),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("9" * 5000, "9" * 5000),
        ("!!str 7", "7"),
    ],
)
def test_plain_words_are_what_people_mean_by_them(written: str, value: Any) -> None:
    form = read_form(f"agents:\n  - id: jana\n    name: {written}\n")
    assert (form.faults, form.entries["agents"][0].data["name"]) == ([], value)


def test_an_entry_may_take_over_what_another_one_has() -> None:
    form = read_form("agents:\n  - &a {id: jana, regions: [CZ]}\n  - <<: *a\n    id: petr\n")
    assert form.faults == []
    assert form.entries["agents"][1].data == {"id": "petr", "regions": ["CZ"]}
    assert form.entries["agents"][1].line_of("/regions/0") == 2


def test_a_part_that_names_nobody_is_no_part_to_send() -> None:
    assert [part.title for part in read_form("contacts: []\nagents:\n  - id: jana\n").parts] == ["agents"]


def test_a_file_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "roster.yml").write_bytes(b"agents: []\n# \xff")
    with pytest.raises(Trouble, match="is not UTF-8: invalid start byte at byte 13"):
        read_file(tmp_path / "roster.yml")
    (tmp_path / "roster.yml").write_bytes("agents: []\n".encode("utf-8-sig"))
    assert read_file(tmp_path / "roster.yml").faults == []


def test_an_agent_may_have_a_contact_of_the_same_name() -> None:
    assert faults("agents:\n  - id: jana\ncontacts:\n  - person: jana\n") == []


def test_a_supervisor_whom_nobody_could_reach_is_found() -> None:
    form = read_form("supervisors:\n  - id: petr\n  - id: eva\ncontacts:\n  - person: eva\n")
    assert [entry.id for entry in without_contact(form)] == ["petr"]


def test_a_supervisor_may_be_written_with_all_that_escalation_takes_and_nothing_else() -> None:
    (supervisors,) = (part for part in PARTS if part.title == "supervisors")
    assert supervisors.keys == SupervisorEntry().fields.keys()


def test_the_supervisors_of_the_sample_are_such_as_escalation_takes() -> None:
    entries = read_file(SAMPLE).entries["supervisors"]
    loaded = SupervisorsBody().load({"supervisors": [entry.data for entry in entries]})["supervisors"]
    assert {absence["stand_in"] for one in loaded for absence in one["absences"]} <= {one["id"] for one in loaded}
    assert any("recall" in one["leads"] for one in loaded) and any(one["absences"] for one in loaded)


def test_a_contact_may_be_written_with_all_that_notify_takes_and_nothing_else() -> None:
    (contacts,) = (part for part in PARTS if part.title == "contacts")
    assert contacts.keys == ContactEntry().fields.keys()


def test_the_contacts_of_the_sample_are_such_as_notify_takes() -> None:
    """All are reached by mail alone, as a run on a machine without more has it."""
    people = contacts_from({"contacts": [entry.data for entry in read_file(SAMPLE).entries["contacts"]]}).values()
    assert all(contact.routes(severity)[0] == "email" for contact in people for severity in Severity)
    assert {wish for contact in people for wish in contact.wishes} == set(Wish)
    assert any(contact.quiet for contact in people) and any(contact.by_severity for contact in people)


CONTACT = """
contacts:
  - person: jana
    name: Jana
    phone: +420601234567
    webhook:
      url: hooks.example.org
    channels:
      critical: [sms, webhook]
      default:
        - email
        - fax
    quiet_hours:
      hours:
        - {days: daily, from: 22:00, to: 07:00}
        - days: [sat, sunday]
          from: 7:00
          to: 12:00
      but_for: [severe]
    gather: 10
    wishes: [taken, assignments]
"""


def test_what_notify_refuses_of_a_contact_is_found_in_the_file() -> None:
    (jana,) = read_form(CONTACT).entries["contacts"]
    assert read_form(CONTACT).faults == []
    with pytest.raises(Rejected) as caught:
        contacts_from({"contacts": [jana.data]})
    pointers = [error["pointer"].removeprefix("/contacts/0") for error in caught.value.errors or ()]
    assert {pointer: jana.line_of(pointer) for pointer in pointers} == {
        "/webhook/url": 7,
        "/channels/default/1": 12,
        "/quiet_hours/hours/1/days": 16,
        "/quiet_hours/hours/1/from": 17,
        "/quiet_hours/but_for/0": 19,
        "/gather": 20,
    }
