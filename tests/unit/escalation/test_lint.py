"""What a policy asks for that the people do not bring, in sentences."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.escalation.domain.duty import Leave, Override
from services.escalation.domain.lint import Kind, lint
from services.escalation.domain.people import Role, Supervisor
from services.escalation.policy.policyfile import parse
from shared.policy.findings import Finding

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANNA = Supervisor("anna", "Anna", Role.SUPERVISOR, ("CZ",))
BEN = Supervisor("ben", "Ben", Role.SUPERVISOR, ("SK",))
CARO = Supervisor("caro", "Caro", Role.COORDINATOR, ("CZ", "SK"))
DORA = Supervisor("dora", "Dora", Role.MANAGER, ("*",))
EVERYBODY = (ANNA, BEN, CARO, DORA)


def a_policy(*recipients: str, when: str = "", level: str = "", rest: str = "") -> str:
    levels = ", ".join(
        f"{{name: l{n}, recipients: {one}, respond_within: 1h{level}}}" for n, one in enumerate(recipients, start=1)
    )
    first = f"{{name: first, when: {when}, levels: [{levels}]}}, " if when else ""
    last = "{name: only, recipients: manager, respond_within: 1h}" if when else levels
    return (
        f"name: x\ntriggers: [{{reason: overdue}}]\nclocks: [{{name: resolution, measures: resolution, within: 5d}}]\n"
        f"ladders: [{first}{{name: all, levels: [{last}]}}]\n{rest}"
    )


def found(text: str, people: tuple[Supervisor, ...] = EVERYBODY, **options: object) -> list[tuple[Kind, str, str]]:
    now, overrides = options.pop("now", MONDAY), options.pop("overrides", ())
    findings = lint(parse(text, "policy.yml"), people, overrides, now, **options)  # type: ignore[arg-type]
    assert all(isinstance(one, Finding) for one in findings)
    return [(one.kind, one.name, one.text) for one in findings]


def a_rota(*shifts: str, name: str = "night") -> str:
    return f"{{name: {name}, shifts: [{', '.join(shifts)}]}}"


def a_shift(people: str, days: str, start: str, end: str) -> str:
    return f"{{people: [{people}], timezone: Europe/Prague, days: {days}, from: {start}, to: {end}}}"


def rotas(*all_: str) -> str:
    return f"rotas: [{', '.join(all_)}]\n"


def test_a_policy_that_the_people_can_do_has_no_findings() -> None:
    assert found(a_policy("supervisor", "coordinator", "manager")) == []


def test_a_level_that_means_nobody_is_found() -> None:
    assert found(a_policy("coordinator", "manager"), (ANNA, DORA)) == [
        (Kind.LEVEL_EMPTY, "all", "level 1 (l1): nobody is meant by it")
    ]


def test_a_top_level_that_means_nobody_is_another_finding() -> None:
    assert found(a_policy("supervisor", "manager"), (ANNA,)) == [
        (Kind.TOP_LEVEL_EMPTY, "all", "level 2 (l2): nobody is meant by it")
    ]


def test_a_region_that_somebody_covers_has_somebody_at_each_level() -> None:
    assert found(a_policy("supervisor", "manager"), (ANNA, CARO, DORA)) == [
        (Kind.LEVEL_EMPTY, "all", "level 1 (l1): nobody for SK")
    ]
    assert found(a_policy("supervisor", "coordinator"), (ANNA, BEN, replace(CARO, regions=("SK",)))) == [
        (Kind.TOP_LEVEL_EMPTY, "all", "level 2 (l2): nobody for CZ")
    ]


@pytest.mark.parametrize(
    "recipients", ["[supervisor, 'person:dora']", "[supervisor, team_lead]", "[supervisor, 'duty:night']"]
)
def test_whoever_is_named_is_for_every_region(recipients: str) -> None:
    leading = Supervisor("dora", "Dora", Role.MANAGER, ("*",), leads=("recall",))
    night = rotas(a_rota(a_shift("anna", "daily", "00:00", "24:00")))
    assert found(a_policy(recipients, "manager", rest=night), (ANNA, CARO, leading)) == []


def test_team_leads_are_nobody_while_nobody_leads() -> None:
    assert found(a_policy("team_lead", "manager")) == [(Kind.LEVEL_EMPTY, "all", "level 1 (l1): nobody is meant by it")]


def test_a_ladder_for_some_regions_is_looked_at_for_those() -> None:
    assert found(a_policy("supervisor", when="{region: CZ}"), (ANNA, CARO, DORA)) == []
    assert found(a_policy("supervisor", when="{region: [CZ, DE, none]}")) == [
        (Kind.TOP_LEVEL_EMPTY, "first", "level 1 (l1): nobody for DE")
    ]
    assert found(a_policy("supervisor", when="{region: '*'}"), (ANNA, CARO, DORA)) == [
        (Kind.TOP_LEVEL_EMPTY, "first", "level 1 (l1): nobody for SK")
    ]
    assert found(a_policy("supervisor", when="{region: none}"), (ANNA, CARO, DORA)) == []


def test_of_many_regions_the_first_are_shown() -> None:
    wide = Supervisor("w", "W", Role.COORDINATOR, ("A1", "A2", "A3", "A4", "A5", "A6", "A7"))
    (finding,) = found(a_policy("supervisor", "manager"), (Supervisor("a", "A", Role.SUPERVISOR, ("A1",)), wide, DORA))
    assert finding[2] == "level 1 (l1): nobody for A2, A3, A4, A5, A6, and 1 more"


def test_a_person_who_is_named_and_does_not_exist_is_found_where_they_are_named() -> None:
    text = a_policy(
        "[supervisor, 'person:zoe']", "manager", rest=rotas(a_rota(a_shift("yan, anna", "mon", "08:00", "09:00")))
    )
    text = text.replace("within: 5d", "within: 5d, tell: 'person:xav'")
    assert found(text) == [
        (Kind.PERSON_UNKNOWN, "zoe", "nobody has this id: ladder all, level 1 (l1)"),
        (Kind.PERSON_UNKNOWN, "xav", "nobody has this id: warnings of clock resolution"),
        (Kind.PERSON_UNKNOWN, "yan", "nobody has this id: rota night"),
    ]


def test_a_stand_in_who_does_not_exist_is_found() -> None:
    away = Supervisor("anna", "Anna", Role.SUPERVISOR, ("CZ", "SK"), absences=(Leave(MONDAY, MONDAY + HOUR, "gone"),))
    assert found(a_policy("supervisor", "manager"), (away, DORA)) == [
        (Kind.STAND_IN_UNKNOWN, "anna", "nobody has the id of the stand-in gone, from 2026-11-02 00:00 UTC")
    ]
    held = Supervisor("anna", "Anna", Role.SUPERVISOR, ("CZ", "SK"), absences=(Leave(MONDAY, MONDAY + HOUR, "dora"),))
    assert found(a_policy("supervisor", "manager"), (held, DORA)) == []


def test_only_those_who_may_be_alerted_need_a_channel_and_only_where_channels_are_known() -> None:
    text = a_policy("supervisor", "manager")
    assert found(text, reachable=frozenset({"anna"})) == [
        (Kind.PERSON_UNREACHABLE, "ben", "may be alerted, and has no channel"),
        (Kind.PERSON_UNREACHABLE, "dora", "may be alerted, and has no channel"),
    ]
    assert found(text, reachable=None) == []
    warned = text.replace("within: 5d", "within: 5d, tell: coordinator")
    assert [name for _, name, _ in found(warned, reachable=frozenset({"anna", "ben", "dora"}))] == ["caro"]
    on_duty = a_policy("'duty:night'", "manager", rest=rotas(a_rota(a_shift("caro", "daily", "00:00", "24:00"))))
    assert [name for _, name, _ in found(on_duty, reachable=frozenset({"dora"}))] == ["caro"]


def test_hours_in_which_nobody_is_on_duty_are_told_with_their_times() -> None:
    night = a_rota(a_shift("anna", "mon-fri", "00:00", "24:00"), a_shift("ben", "[sat, sun]", "06:00", "24:00"))
    # Until Monday 01:00 by the clocks of Prague: the week from Monday 00:00 UTC.
    assert found(a_policy("'duty:night'", "manager", rest=rotas(night))) == [
        (
            Kind.DUTY_GAP,
            "night",
            "nobody on duty for 12h of the next 7 days: "
            "Sat 2026-11-07 00:00–06:00, Sun 2026-11-08 00:00–06:00 (Europe/Prague)",
        )
    ]


def test_a_gap_over_midnight_is_one() -> None:
    night = a_rota(a_shift("anna", "mon-fri", "00:00", "24:00"), a_shift("ben", "sun", "18:00", "24:00"))
    ((_, _, text),) = found(a_policy("'duty:night'", "manager", rest=rotas(night)))
    assert text.endswith("42h of the next 7 days: Sat 2026-11-07 00:00–Sun 2026-11-08 18:00 (Europe/Prague)")


def test_an_override_fills_a_gap() -> None:
    night = a_rota(a_shift("anna", "mon-sat", "00:00", "24:00"))
    filled = Override("1", "night", MONDAY + 143 * HOUR, MONDAY + 167 * HOUR, "ben", None, "dora")
    text = a_policy("'duty:night'", "manager", rest=rotas(night))
    assert [kind for kind, _, _ in found(text)] == [Kind.DUTY_GAP]
    assert found(text, overrides=(filled,)) == []


def test_an_absence_of_the_only_one_on_duty_is_a_gap() -> None:
    text = a_policy("'duty:night'", "manager", rest=rotas(a_rota(a_shift("anna", "daily", "00:00", "24:00"))))
    away = replace(ANNA, absences=(Leave(MONDAY + 9 * HOUR, MONDAY + 11 * HOUR),))
    assert found(text) == []
    assert found(text, (away, BEN, CARO, DORA)) == [
        (
            Kind.DUTY_GAP,
            "night",
            "nobody on duty for 2h of the next 7 days: Mon 2026-11-02 10:00–12:00 (Europe/Prague)",
        )
    ]


def test_a_gap_of_one_rota_that_another_or_a_role_fills_is_none() -> None:
    day = a_rota(a_shift("anna", "daily", "08:00", "20:00"), name="day")
    night = a_rota(a_shift("ben", "daily", "20:00", "08:00"))
    assert found(a_policy("['duty:day', 'duty:night']", "manager", rest=rotas(day, night))) == []
    assert found(a_policy("['duty:day', manager]", "manager", rest=rotas(day))) == []
    assert [name for _, name, _ in found(a_policy("'duty:day'", "manager", rest=rotas(day)))] == ["day"]


OFFICE = "hours: [{name: office, timezone: Europe/Prague, open: {days: mon-fri, from: 08:00, to: 18:00}}]\n"


@pytest.mark.parametrize(
    ("shift", "kinds"),
    [
        (("mon-fri", "08:00", "18:00"), []),
        (("mon-fri", "09:00", "18:00"), [Kind.DUTY_GAP]),
        (("mon-fri", "18:00", "08:00"), [Kind.LEVEL_WITHOUT_DUTY]),
        (("[sat, sun]", "00:00", "24:00"), [Kind.LEVEL_WITHOUT_DUTY]),
    ],
)
def test_a_level_with_hours_needs_somebody_on_duty_in_these(shift: tuple[str, str, str], kinds: list[Kind]) -> None:
    rota = rotas(a_rota(a_shift("anna", *shift)))
    text = a_policy("'duty:night'", level=", hours: office", rest=OFFICE + rota)
    findings = found(text)
    assert [kind for kind, _, _ in findings] == kinds
    if Kind.LEVEL_WITHOUT_DUTY in kinds:
        assert findings[0][1:] == (
            "all",
            "level 1 (l1): nobody is on duty in all of its hours of the next 7 days",
        )


def test_the_same_gap_at_two_levels_is_told_once() -> None:
    night = rotas(a_rota(a_shift("anna", "mon-sat", "00:00", "24:00")))
    assert len(found(a_policy("'duty:night'", "'duty:night'", "manager", rest=night))) == 1
