"""Whom a level means: by role, person, rota or team, with stand-ins for who is away, and nobody twice."""

from dataclasses import replace

import pytest

from services.escalation.domain.duty import Override
from services.escalation.domain.ladder import Kind, Recipient
from services.escalation.domain.people import EVERYWHERE, People, Role, Supervisor, Wanted
from tests.unit.escalation.rotas import a_rota, a_shift, away, override, utc

NOON = utc("2026-11-02 12:00")
TODAY = ("2026-11-02 00:00", "2026-11-03 00:00")
ANNA = Supervisor("anna", "Anna", Role.SUPERVISOR, ("CZ",), ("cs", "en"), leads=("recall",))
BEN = Supervisor("ben", "Ben", Role.SUPERVISOR, ("CZ", "GB"), ("en",), leads=("recall", "billing"))
EVA = Supervisor("eva", "Eva", Role.SUPERVISOR, ("DE",), ("de",))
CARO = Supervisor("caro", "Caro", Role.COORDINATOR, ("CZ",), ("de",))
DORA = Supervisor("dora", "Dora", Role.MANAGER, (EVERYWHERE,), ("el", "en"))
EVERYBODY = (ANNA, BEN, EVA, CARO, DORA)


def a_role(role: Role) -> Recipient:
    return Recipient(Kind.ROLE, role.value)


SUPERVISORS, COORDINATORS, MANAGERS = map(a_role, Role)
DUTY, TEAM_LEAD = Recipient(Kind.DUTY, "night"), Recipient(Kind.TEAM_LEAD)


def person(name: str) -> Recipient:
    return Recipient(Kind.PERSON, name)


def told(*recipients: Recipient, people: People | None = None, regions: str = "CZ", **wanted: object) -> list[str]:
    everybody = people or People(EVERYBODY)
    return list(everybody.among(recipients, Wanted(tuple(regions.split()), **wanted), NOON))  # type: ignore[arg-type]


def where(**absences: tuple[str, ...]) -> tuple[Supervisor, ...]:
    """Everybody; those who are named are away today, with that stand-in if there is one."""
    return tuple(replace(p, absences=(away(*TODAY, *absences[p.id]),)) if p.id in absences else p for p in EVERYBODY)


# -- roles --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recipient", "regions", "language", "ids"),
    [
        (SUPERVISORS, "CZ", "cs", ["anna"]),
        (SUPERVISORS, "CZ", "en", ["anna", "ben"]),
        (SUPERVISORS, "CZ", "zh", ["anna", "ben"]),
        (SUPERVISORS, "CZ", "", ["anna", "ben"]),
        (SUPERVISORS, "GB", "cs", ["ben"]),
        (SUPERVISORS, "GR", "el", []),
        (SUPERVISORS, "", "cs", ["anna"]),
        (SUPERVISORS, "", "zh", ["anna", "ben", "eva"]),
        (COORDINATORS, "CZ", "cs", ["caro"]),
        (COORDINATORS, "DE", "de", []),
        (MANAGERS, "GR", "el", ["dora"]),
        (MANAGERS, "", "und", ["dora"]),
    ],
)
def test_a_role_is_those_of_the_region_who_speak_the_language_or_all_of_it(
    recipient: Recipient, regions: str, language: str, ids: list[str]
) -> None:
    assert told(recipient, regions=regions, language=language) == ids


@pytest.mark.parametrize(
    ("regions", "language", "ids"),
    [
        ("CZ DE", "", ["anna", "ben", "eva"]),
        ("DE CZ", "", ["eva", "anna", "ben"]),
        ("CZ DE", "cs", ["anna", "eva"]),  # those of DE hear of it though nobody there speaks Czech
        ("CZ GB", "cs", ["anna", "ben"]),
        ("GR DE", "el", ["eva"]),
        ("GR", "el", []),
    ],
)
def test_of_several_regions_each_is_told(regions: str, language: str, ids: list[str]) -> None:
    assert told(SUPERVISORS, regions=regions, language=language) == ids


def test_who_is_everywhere_is_told_once_of_several_regions() -> None:
    assert told(MANAGERS, regions="CZ DE GR", language="en") == ["dora"]


@pytest.mark.parametrize(
    ("absences", "language", "ids"),
    [
        ({"anna": ()}, "cs", ["ben"]),
        ({"anna": ("eva",)}, "cs", ["eva", "ben"]),
        ({"anna": ("eva",)}, "de", ["eva"]),
        ({"anna": ("eva",)}, "en", ["ben"]),
        ({"anna": ("ben",)}, "cs", ["ben"]),
        ({"anna": (), "ben": ()}, "cs", []),
        ({"anna": ("caro",), "caro": ("dora",)}, "el", ["dora"]),
        ({"anna": ("caro",), "caro": ()}, "cs", ["ben"]),
        ({"anna": ("ben",), "ben": ("anna",)}, "cs", []),
        ({"anna": ("nobody",)}, "cs", ["ben"]),
    ],
)
def test_a_stand_in_is_told_instead_of_who_is_away(
    absences: dict[str, tuple[str, ...]], language: str, ids: list[str]
) -> None:
    assert told(SUPERVISORS, people=People(where(**absences)), language=language) == ids


def test_who_is_back_at_that_instant_is_told_and_who_leaves_is_not() -> None:
    back = replace(ANNA, absences=(away("2026-11-02 00:00", "2026-11-02 12:00"),))
    leaving = replace(BEN, absences=(away("2026-11-02 12:00", "2026-11-02 13:00"),))
    assert told(SUPERVISORS, people=People((back, leaving)), language="en") == ["anna"]


# -- persons, duty, team leads ------------------------------------------------------------------------------------


def test_a_person_is_told_wherever_they_are_and_whatever_they_speak() -> None:
    assert told(person("eva"), regions="CZ", language="cs") == ["eva"]


def test_a_person_whom_nobody_knows_is_nobody() -> None:
    assert told(person("nobody")) == []


def test_the_stand_in_of_a_person_is_told() -> None:
    assert told(person("eva"), people=People(where(eva=("dora",)))) == ["dora"]


def on_call(*ids: str, everybody: tuple[Supervisor, ...] = EVERYBODY, said: tuple[Override, ...] = ()) -> People:
    return People(everybody, (a_rota(a_shift(*ids)),), said)


@pytest.mark.parametrize(
    ("people", "ids"),
    [
        (on_call("caro", "anna"), ["caro", "anna"]),
        (on_call("caro", said=(override(*TODAY, "dora"),)), ["dora"]),
        (on_call("caro", everybody=where(caro=("dora",))), ["dora"]),
        (on_call("caro", everybody=where(caro=())), []),
        (on_call("nobody", "caro"), ["caro"]),
        (on_call("caro", everybody=where(caro=("nobody",))), []),
        (on_call(), []),
        (People(EVERYBODY), []),
    ],
)
def test_duty_is_who_has_it_now_and_is_known(people: People, ids: list[str]) -> None:
    assert told(DUTY, people=people) == ids


def test_the_duty_of_an_unknown_rota_is_nobodys() -> None:
    assert told(Recipient(Kind.DUTY, "day"), people=on_call("caro")) == []


@pytest.mark.parametrize(
    ("teams", "ids"),
    [
        (("recall",), ["anna", "ben"]),
        (("billing",), ["ben"]),
        (("billing", "recall"), ["anna", "ben"]),
        (("delivery",), []),
        ((), []),
    ],
)
def test_team_leads_are_those_of_the_agents_teams(teams: tuple[str, ...], ids: list[str]) -> None:
    assert told(TEAM_LEAD, regions="GR", teams=teams) == ids


def test_the_stand_in_of_a_team_lead_is_told() -> None:
    assert told(TEAM_LEAD, people=People(where(ben=("eva",))), teams=("billing",)) == ["eva"]


@pytest.mark.parametrize(
    ("recipients", "ends"),
    [
        ([DUTY], "2026-11-02 20:00"),
        ([DUTY, Recipient(Kind.DUTY, "late")], "2026-11-02 22:00"),
        ([Recipient(Kind.DUTY, "late"), DUTY], "2026-11-02 22:00"),
        ([Recipient(Kind.DUTY, "day"), person("night"), person("caro"), COORDINATORS], None),
        ([], None),
    ],
)
def test_the_duty_of_a_person_ends_with_the_last_rota_that_is_meant(
    recipients: list[Recipient], ends: str | None
) -> None:
    rotas = (a_rota(a_shift("ben"), a_shift("caro")), replace(a_rota(a_shift("caro", end=22)), name="late"))
    people = People(EVERYBODY, rotas)
    assert people.duty_ends(recipients, "caro", NOON) == (utc(ends) if ends else None)
    assert people.duty_ends(recipients, "dora", NOON) is None


# -- several recipients -------------------------------------------------------------------------------------------


def test_nobody_is_told_twice_and_the_order_is_the_levels() -> None:
    people = on_call("ben", "dora", everybody=where(caro=("anna",)))
    wishes = [person("dora"), DUTY, TEAM_LEAD, COORDINATORS, SUPERVISORS, MANAGERS]
    assert told(*wishes, people=people, language="en", teams=("recall",)) == ["dora", "ben", "anna"]


def test_nobody_is_meant_where_nobody_is_named() -> None:
    assert told() == []
