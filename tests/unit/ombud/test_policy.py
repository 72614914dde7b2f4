"""`ombud policy` names mistakes with their line, says what a roster lacks, and shows what becomes of a complaint."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ombud.policy.command import agents_of, policy
from ombud.roster.form import Entry, read_form
from ombud.trouble import Trouble
from services.escalation.settings import SHIPPED_POLICY
from services.routing.domain.roster import Agent
from shared.errors import Rejected

RECALL = """\
name: mine
hours:
  - {name: central, regions: [CZ], timezone: Europe/Prague, open: {days: mon-fri, from: 08:00, to: 18:00}}
rules:
  - name: recall
    when: {campaign: kettle-recall, severity: [high, critical]}
    needs: {team: recall, skill_level: 4}
    weight: 2
    answer_within: none
    relax:
      - {after: 5m, skill_level: 3}
      - {after: 15m, skill: none, language: en}
    follow_the_sun: true
  - name: everything
"""
SAMPLES = Path(__file__).parents[3] / "samples" / "roster.yml"
LADDER = """\
name: short
triggers: [{reason: overdue}]
clocks: [{name: resolution, measures: resolution, within: 5d}]
ladders: [{name: all, levels: [{name: only, recipients: manager, respond_within: 1h}]}]
"""
NIGHT = (
    LADDER.replace("recipients: manager", "recipients: 'duty:night'")
    + """\
rotas: [{name: night, shifts: [{people: zoe, timezone: Europe/Prague, days: daily, from: 18:00, to: 06:00}]}]
"""
)
PEOPLE = """\
supervisors:
  - {id: dora, name: Dora, role: manager, regions: [CZ], languages: [cs]}
  - {id: anna, name: Anna, role: supervisor, regions: [CZ], languages: [cs]}
contacts:
  - {person: anna, name: Anna, email: anna@example.com}
"""


def run(*args: object) -> Result:
    none = {"OMBUD_ROUTING_POLICY": "", "OMBUD_ESCALATION_POLICY": "", "OMBUD_NOTIFY_POLICY": ""}
    return CliRunner(env=none).invoke(policy, [*map(str, args)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yml"
    path.write_text(RECALL)
    return path


def test_the_shipped_policy_is_checked_when_none_is_named() -> None:
    result = run("check")
    assert result.exit_code == 0
    assert "services/routing/policy.yml can be used: 1 rule, version standard@" in result.stdout
    assert "services/escalation/policy.yml can be used: 3 ladders, version standard@" in result.stdout
    assert "services/notify/policy.yml can be used: version standard@" in result.stdout


def test_a_policy_that_can_be_used_says_its_version(file: Path) -> None:
    result = run("check", "--routing", file)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{file} can be used: 2 rules, version mine@")


def test_every_mistake_goes_to_standard_error_with_its_line(file: Path) -> None:
    file.write_text(RECALL.replace("weight: 2", "weight: 0").replace("15m", "5m"))
    result = run("check", "--routing", file)
    assert result.exit_code == 1 and isinstance(result.exception, Trouble)
    assert "2 mistakes" in str(result.exception)
    assert result.stderr.splitlines() == [
        f"{file}:8: rules.0.weight: '0' is no whole number from 1 to 1000",
        f"{file}:12: rules.0.relax.1.after: is not later than the step before",
    ]


def test_the_policy_of_escalation_is_checked_too(file: Path, tmp_path: Path) -> None:
    ladder = tmp_path / "ladder.yml"
    ladder.write_text(LADDER)
    result = run("check", "--routing", file, "--escalation", ladder)
    assert result.exit_code == 0
    assert f"{ladder} can be used: 1 ladder, version short@" in result.stdout
    ladder.write_text(LADDER.replace("recipients: manager", "recipients: king"))
    file.write_text(RECALL.replace("weight: 2", "weight: 0"))
    result = run("check", "--routing", file, "--escalation", ladder)
    assert result.exit_code == 1
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == [f"{file}:8", f"{ladder}:4"]


def test_the_policy_of_notify_is_checked_too(tmp_path: Path) -> None:
    alerting = tmp_path / "alerting.yml"
    alerting.write_text("name: calm\nsms_segments: 3\n")
    result = run("check", "--notify", alerting)
    assert result.exit_code == 0
    assert f"{alerting} can be used: version calm@" in result.stdout
    assert "limits.provider" not in result.stdout
    alerting.write_text(
        "name: calm\nlimits: {provider: {twilio: {most: 1, within: 1s}, acme: {most: 1, within: 1s}}}\n"
    )
    told = [line for line in run("check", "--notify", alerting).stdout.splitlines() if "limits.provider" in line]
    assert told == [f"{alerting}: limits.provider.acme limits nobody unless the file of OMBUD_SMS_PROVIDERS has it"]
    alerting.write_text("name: calm\nsms_segments: 0\n")
    result = run("check", "--notify", alerting)
    assert result.exit_code == 1 and isinstance(result.exception, Trouble)
    assert result.stderr.splitlines() == [f"{alerting}:2: sms_segments: '0' is no whole number from 1 to 10"]


def test_a_policy_of_escalation_in_its_old_form_is_refused_with_what_is_known(tmp_path: Path) -> None:
    ladder = tmp_path / "ladder.yml"
    ladder.write_text("name: old\ntriggers: [{when: severity, is: [critical]}]\nladder: []\n")
    result = run("check", "--escalation", ladder)
    assert result.exit_code == 1
    assert f"{ladder}:3: ladder: is not known here; known: name, hours, triggers, clocks, ladders" in result.stderr


def test_a_roster_shows_what_is_lacking_on_the_ladder(tmp_path: Path) -> None:
    ladder, roster = tmp_path / "ladder.yml", tmp_path / "roster.yml"
    ladder.write_text(LADDER)
    roster.write_text(PEOPLE)
    result = run("check", "--escalation", ladder, "--roster", roster)
    assert result.exit_code == 0
    said = [line for line in result.stdout.splitlines() if line.startswith("escalation: ")]
    assert said == ["escalation: person_unreachable: dora: may be alerted, and has no channel"]
    roster.write_text(PEOPLE.replace("role: manager", "role: coordinator"))
    result = run("check", "--escalation", ladder, "--roster", roster)
    assert "escalation: top_level_empty: all: level 1 (only): nobody is meant by it" in result.stdout.splitlines()
    strict = run("check", "--escalation", ladder, "--roster", roster, "--strict")
    assert isinstance(strict.exception, Trouble) and "the people cannot do all of it" in str(strict.exception)


def test_a_contact_without_any_way_to_reach_it_is_no_channel(tmp_path: Path) -> None:
    ladder, roster = tmp_path / "ladder.yml", tmp_path / "roster.yml"
    ladder.write_text(LADDER)
    ways = {
        "": True,
        ', email: ""': True,
        ", channels: [sms]": True,
        ', phone: "+420601000001"': False,
        ", slack: U1": False,
    }
    for way, lacking in ways.items():
        roster.write_text(f"{PEOPLE}  - {{person: dora, name: Dora{way}}}\n")
        result = run("check", "--escalation", ladder, "--roster", roster)
        assert ("person_unreachable: dora" in result.stdout) is lacking


def test_a_rota_is_looked_at_for_people_who_are_not_there(tmp_path: Path) -> None:
    ladder, roster = tmp_path / "ladder.yml", tmp_path / "roster.yml"
    ladder.write_text(NIGHT)
    roster.write_text(PEOPLE)
    said = run("check", "--escalation", ladder, "--roster", roster).stdout.splitlines()
    assert "escalation: person_unknown: zoe: nobody has this id: rota night" in said
    assert any(s.startswith("escalation: duty_gap: night: nobody on duty for 84h of the next 7 days: ") for s in said)


def test_a_supervisor_that_escalation_would_refuse_is_named_with_the_line(tmp_path: Path) -> None:
    roster = tmp_path / "roster.yml"
    roster.write_text(PEOPLE.replace("role: manager", "role: king"))
    result = run("check", "--roster", roster)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{roster}:2: supervisors: dora: /role: ")
    assert "escalation: " not in result.stdout


def test_a_roster_shows_what_nobody_could_do(file: Path, tmp_path: Path) -> None:
    roster = tmp_path / "roster.yml"
    roster.write_text("agents: []\n")
    result = run("check", "--routing", file, "--roster", roster)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()[3:]
    assert "routing: hours_without_agents: central: nobody serves CZ" in lines
    assert any(line.startswith("routing: needs_nobody_meets: recall: ") for line in lines)
    strict = run("check", "--routing", file, "--roster", roster, "--strict")
    assert strict.exit_code == 1 and isinstance(strict.exception, Trouble)
    assert strict.stdout == result.stdout
    assert run("check", "--routing", file, "--strict").exit_code == 0


PRESETS = sorted((SHIPPED_POLICY.parent / "policies").glob("*.yml"))


@pytest.mark.parametrize(
    "policies",
    [
        [],
        ["--routing", SAMPLES.with_name("routing.yml")],
        ["--escalation", SAMPLES.with_name("escalation.yml")],
        *(["--escalation", preset] for preset in PRESETS),
    ],
    ids=["shipped", "routing", "escalation", *(preset.stem for preset in PRESETS)],
)
def test_the_people_of_the_samples_can_do_all_that_a_policy_asks_for(
    policies: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run("check", *policies, "--roster", SAMPLES, "--strict")
    assert (result.exit_code, result.stderr, len(result.stdout.splitlines())) == (0, "", 3)


def test_an_agent_that_routing_would_refuse_is_named_with_the_line(file: Path, tmp_path: Path) -> None:
    roster = tmp_path / "roster.yml"
    roster.write_text(
        "agents:\n  - {id: eva, name: Eva, skills: [billing], languages: [cs], regions: [CZ],\n     capacity: -1}\n"
    )
    result = run("check", "--routing", file, "--roster", roster)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{roster}:3: agents: eva: /capacity: ")


def test_mistakes_in_the_roster_are_named_and_nothing_is_found_without_it(file: Path, tmp_path: Path) -> None:
    roster = tmp_path / "roster.yml"
    roster.write_text("agents: []\nagent: []\n")
    result = run("check", "--routing", file, "--roster", roster)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{roster}:2: 'agent' is none of agents")
    assert "routing:" not in result.stdout


def test_a_roster_that_is_no_text_is_refused(file: Path, tmp_path: Path) -> None:
    (tmp_path / "roster.yml").write_bytes(b"\xff\xfe")
    result = run("check", "--routing", file, "--roster", tmp_path / "roster.yml")
    assert isinstance(result.exception, Trouble) and "is not UTF-8" in str(result.exception)


def test_each_fault_of_an_agent_has_the_line_of_its_key() -> None:
    def read(entry: Entry) -> Agent:
        if entry.id == "bad":
            raise Rejected(
                "no agent", [{"pointer": "/capacity", "detail": "too much"}, {"pointer": "/", "detail": "odd"}]
            )
        return Agent(entry.id, "x", {}, {}, (), 1)

    agents, faults = agents_of(read_form("agents:\n  - {id: good}\n  - id: bad\n    name: x\n    capacity: 9\n"), read)
    assert [agent.id for agent in agents] == ["good"]
    assert [(fault.line, fault.text) for fault in faults] == [
        (5, "agents: bad: /capacity: too much"),
        (3, "agents: bad: /: odd"),
    ]


def test_a_trial_shows_the_rule_and_how_its_needs_relax(file: Path) -> None:
    facts = ["category=safety", "severity=critical", "region=cz", "language=cs", "campaign=kettle-recall"]
    result = run("try", "--routing", file, *facts)
    assert result.exit_code == 0
    said = {line[:14].strip(): line[14:] for line in result.stdout.splitlines()[:5]}
    assert said["rule"].startswith("recall (mine@")
    assert (said["weight"], said["priority"]) == ("2", "4")
    assert (said["answer within"], said["hours"]) == ("no limit", "at any time (follow_the_sun)")
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in result.stdout.splitlines() if "│" in line]
    assert rows == [
        ["at first", "safety 4", "cs 1", "CZ", "recall"],
        ["5m", "safety 3", "cs 1", "CZ", "recall"],
        ["15m", "any", "en 1", "CZ", "recall"],
    ]


@pytest.mark.parametrize(
    ("region", "at", "hours"),
    [
        ("CZ", "2026-11-26T16:59:59Z", "central: open now"),
        ("CZ", "2026-11-26T17:00:00Z", "central: closed, opens Fri 2026-11-27 08:00 (Europe/Prague)"),
        ("CZ", "2026-11-27T20:00:00+01:00", "central: closed, opens Mon 2026-11-30 08:00 (Europe/Prague)"),
        ("DE", "2026-11-27T20:00:00Z", "at any time"),
    ],
)
def test_a_trial_says_when_its_region_opens(file: Path, region: str, at: str, hours: str) -> None:
    result = run("try", "--routing", file, "category=billing", f"region={region}", f"at={at}")
    assert f"hours         {hours}\n" in result.stdout
    assert "rule          everything" in result.stdout


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("severity=hot", "severity: 'hot' is none of low, medium, high, critical"),
        ("severity", "'severity' is no fact; write name=value, with one of category, severity"),
        ("colour=red", "'colour=red' is no fact"),
        ("at=tomorrow", "at: 'tomorrow' is no time"),
        ("at=2026-11-26T20:00:00", "does not say in which zone"),
        ("contact_count=0", "contact_count: '0' is no number of contacts"),
        ("contact_count=²", "is no number of contacts"),
        ("timezone=Mars/Base", "timezone: 'Mars/Base' is no time zone"),
    ],
)
def test_facts_that_cannot_be_read_are_refused(fact: str, said: str) -> None:
    result = run("try", fact)
    assert isinstance(result.exception, Trouble)
    assert said in str(result.exception)


def test_a_trial_of_a_policy_with_mistakes_names_them(file: Path) -> None:
    file.write_text(RECALL.replace("weight: 2", "weight: 0"))
    result = run("try", "--routing", file, "category=billing")
    assert isinstance(result.exception, Trouble)
    assert result.stderr.startswith(f"{file}:8: rules.0.weight")
