"""`ombud roster apply` asks every service first, shows what changes, and tells each fault with its line."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ombud.commands import cli
from tests.unit.ombud.conftest import ALL_CHECKED, ALL_STORED, ROSTER, Apply, trouble
from tests.unit.ombud.owners import CHECK, DROP, STORE, Owners, refusal

# -- what changes -------------------------------------------------------------------------------------------------


def test_all_are_checked_first_then_shown_then_stored(apply: Apply, owners: Owners) -> None:
    result = apply()
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "agents: 2 new, 0 changed, 0 as they are",
        "  + jana",
        "  + petr",
        "supervisors: 1 new, 0 changed, 0 as they are",
        "  + eva",
        "contacts: 1 new, 0 changed, 0 as they are",
        "  + eva",
        "agents: applied",
        "supervisors: applied",
        "contacts: applied",
    ]
    assert owners.asked == ALL_CHECKED + ALL_STORED
    assert owners.tokens == {"Bearer t"}
    assert owners.people["agents"]["jana"] == {
        "id": "jana",
        "name": "Jana",
        "regions": ["CZ", "SK"],
        "shifts": [{"from": "08:00", "to": "17:30"}],
    }


def test_applied_again_it_says_so_and_sends_nothing(apply: Apply, owners: Owners) -> None:
    apply()
    kept, owners.asked = str(owners.people), []
    result = apply()
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            "agents: 0 new, 0 changed, 2 as they are",
            "supervisors: 0 new, 0 changed, 1 as they are",
            "contacts: 0 new, 0 changed, 1 as they are",
            "nothing to apply",
        ],
    )
    assert (owners.asked, str(owners.people)) == (ALL_CHECKED, kept)


def test_who_changes_is_named_with_the_fields(apply: Apply, owners: Owners, file: Path) -> None:
    apply()
    file.write_text(ROSTER.replace("      - SK\n", "").replace("17:30", "16:00").replace("petr", "pavel"))
    assert apply().stdout.splitlines()[:3] == [
        "agents: 1 new, 1 changed, 0 as they are",
        "  + pavel",
        "  ~ jana: regions, shifts",
    ]
    assert owners.people["agents"].keys() == {"jana", "petr", "pavel"}


def test_who_works_on_though_the_file_does_not_name_them_is_said(apply: Apply, owners: Owners) -> None:
    owners.people["supervisors"] = {f"s{n}": {"id": f"s{n}"} for n in range(7)}
    owners.people["contacts"] = {"old": {"person": "old"}}
    lines = apply("--check").stdout.splitlines()
    said = "supervisors: 7 not named here stay as they are, and at work: s0, s1, s2, s3, s4 …"
    assert [line for line in lines if "not named" in line] == [said]


@pytest.mark.parametrize(("people", "last"), [(50, "  + p49"), (51, "  … and 1 more"), (120, "  … and 70 more")])
def test_no_more_than_fifty_of_a_part_are_named(apply: Apply, file: Path, people: int, last: str) -> None:
    file.write_text("agents:\n" + "".join(f"  - id: p{n:02}\n" for n in range(people)))
    lines = apply("--check").stdout.splitlines()
    assert (lines[0], lines[-1]) == (f"agents: {people} new, 0 changed, 0 as they are", last)
    assert len(lines) == 1 + min(people, 50) + (people > 50)


def test_a_check_shows_and_stores_nothing(apply: Apply, owners: Owners) -> None:
    result = apply("--check")
    assert (result.exit_code, "  + jana" in result.stdout.splitlines()) == (0, True)
    assert owners.asked == ALL_CHECKED
    assert not any(owners.people.values())


def test_only_the_owners_of_what_is_in_the_file_are_asked(owners: Owners, file: Path) -> None:
    file.write_text("agents:\n  - id: jana\ncontacts: []\n")
    routing = owners.urls()[:2]
    result = CliRunner().invoke(cli, ["roster", "apply", str(file), "--token", "t", *routing])
    assert result.exit_code == 0, result.output
    assert owners.asked == [("agents", CHECK), ("agents", STORE)]


def test_a_file_that_names_nobody_needs_no_service(file: Path) -> None:
    file.write_text("agents: []\n")
    result = CliRunner().invoke(cli, ["roster", "apply", str(file)])
    assert (result.exit_code, result.stdout) == (0, "roster.yml names nobody\n")


def test_a_supervisor_without_a_contact_is_noted(apply: Apply, file: Path) -> None:
    file.write_text(ROSTER.partition("contacts:")[0])
    assert apply("--check").stderr == "roster.yml:11: note: eva has no contact in this file\n"


# -- faults -------------------------------------------------------------------------------------------------------


def test_faults_of_the_form_are_told_before_anybody_is_asked(apply: Apply, owners: Owners, file: Path) -> None:
    file.write_text("contacts:\n  - person: eva\n    mail: x\nagents:\n  - id: jana\n  - id: jana\n")
    result = apply()
    assert trouble(result) == "roster.yml was not applied: 2 faults"
    assert [line.partition(": ")[0] for line in result.stderr.splitlines()] == ["roster.yml:3", "roster.yml:6"]
    assert owners.asked == []


def test_every_fault_of_every_service_is_told_by_its_line_and_nothing_is_stored(apply: Apply, owners: Owners) -> None:
    owners.says["contacts", CHECK] = refusal(("/contacts/0/email", "not an address"), ("/contacts/0", "too odd"))
    owners.says["agents", CHECK] = refusal(("/agents/0/regions/1", "names nothing"), ("/agents/1/capacity", "missing"))
    result = apply()
    assert result.stderr.splitlines() == [
        "roster.yml:7: jana: /regions/1: names nothing",
        "roster.yml:9: petr: /capacity: missing",
        "roster.yml:13: eva: too odd",
        "roster.yml:15: eva: /email: not an address",
    ]
    assert trouble(result) == (
        "roster.yml was not applied: routing refuses the agents (2 faults), notify refuses the contacts (2 faults)"
    )
    assert owners.asked == ALL_CHECKED
    assert not any(owners.people.values())
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (refusal(("/agents", "Not a valid list.")), "roster.yml:2: agents: Not a valid list."),
        (refusal(("/agents/9/name", "missing")), "roster.yml:2: agents: missing"),
        (refusal(("/supervisors/0/name", "missing")), "roster.yml:2: agents: missing"),
        ((413, {"detail": "the body may have 9 bytes"}), "roster.yml:2: agents: the body may have 9 bytes"),
        ((409, {}), "roster.yml:2: agents: HTTP status 409"),
    ],
)
def test_a_fault_that_is_nobody_s_stands_where_the_part_begins(
    apply: Apply, owners: Owners, answer: Any, line: str
) -> None:
    owners.says["agents", CHECK] = answer
    result = apply()
    assert result.stderr.splitlines() == [line]
    assert trouble(result) == "roster.yml was not applied: routing refuses the agents (1 fault)"


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (DROP, "does not answer: ConnectionError; nothing was applied"),
        ((503, {"detail": "away"}), "could not take the contacts: away; look into its log; nothing was applied"),
        ((401, {"detail": "who?"}), "refuses the token: who?; give another with --token; nothing was applied"),
        ((403, {"detail": "no"}), "refuses the token: no; give another with --token; nothing was applied"),
        ((405, {}), "has no door that takes many contacts (HTTP status 405); nothing was applied"),
        ((404, {}), "has no door that takes many contacts (HTTP status 404); nothing was applied"),
        ((200, {"welcome": "proxy"}), "has no door that takes many contacts (HTTP status 200); nothing was applied"),
    ],
)
def test_a_service_that_cannot_check_its_part_keeps_all_from_being_applied(
    apply: Apply, owners: Owners, answer: Any, text: str
) -> None:
    owners.says["contacts", CHECK] = answer
    told = trouble(apply())
    assert told.startswith("notify at http://127.0.0.1:") and told.endswith(text), told
    assert owners.asked[:3] == ALL_CHECKED
    assert not any(owners.people.values())
