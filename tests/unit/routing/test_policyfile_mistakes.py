"""How each mistake in a policy file is named."""

from pathlib import Path

import pytest

from services.routing.policy.policyfile import read
from shared.policy.page import PolicyError
from tests.unit.routing.policies import mistakes_in
from tests.unit.routing.test_policyfile import GOOD


@pytest.mark.parametrize(
    ("right", "wrong", "line", "about"),
    [
        ("name: mine", "name: a b", 1, "name: 'a b' cannot be used"),
        ("name: mine", "nane: mine", 1, "nane: is not known here; known: name, score"),
        ("name: mine\n", "", 1, "name: is missing"),
        ("idle: 0}", "idle: -1}", 2, "score.idle: '-1' is no number"),
        ("idle: 0}", "idle: .nan}", 2, "score.idle: '.nan' is no number"),
        ("{skill: 2, language: 0.5, load: 4, idle: 0}", "{skill: 0, language: 0, load: 0, idle: 0}", 2, "must count"),
        ("ageing: 20m", "ageing: 20", 3, "ageing: '20' is no time"),
        ("ageing: 20m", "ageing: 0m", 3, "is no time"),
        ("ageing: 20m", "ageing: 8d", 3, "ageing: '8d' is no time up to 7d"),
        ("patience: 1h", "patience: 91d", 5, "patience: '91d' is no time up to 90d"),
        ("spacing: 5s", "spacing:", 4, "spacing: says nothing"),
        ("attempts: 4", "attempts: 0", 6, "attempts: '0' is no whole number from 1 to 20"),
        ("attempts: 4", "attempts: 21", 6, "attempts: '21' is no whole number from 1 to 20"),
        ("attempts: 4", "attempts: ٤", 6, "is no whole number"),
        ("attempts: 4", "attempts: 4\nattempts: 5", 7, "'attempts' stands here twice"),
        ("[CZ, sk]", "[]", 8, "hours.0.regions: an empty list"),
        ("[CZ, sk]", "[CZ, cz]", 8, "hours.0.regions.1: 'cz' stands here twice"),
        ("[CZ, sk]", "[CZ, {a: b}]", 8, "hours.0.regions.1: must be one word"),
        ('regions: "*"', "regions: [DE, SK]", 11, "hours.1.regions: SK has hours already: central"),
        ("name: rest", "name: central", 10, "hours.1.name: 'central' stands here twice"),
        ("timezone: UTC", "timezone: Mars/Base", 12, "hours.1.timezone: 'Mars/Base' is no time zone"),
        ("timezone: UTC", "timezone: Europe", 12, "'Europe' is no time zone"),
        ("timezone: UTC", "timezone: localtime", 12, "'localtime' is no time zone"),
        ("holidays: CZ", "holidays: QQ", 8, "hours.0.holidays: no holidays are known for 'QQ'"),
        ("from: 08:00, to: 18:00}}", "from: 8:00, to: 18:00}}", 9, "hours.0.open.from: '8:00' is no time of day"),
        ('to: "24:00"', 'to: "24:01"', 13, "hours.1.open.0.to: '24:01' is no time of day"),
        ('from: "00:00"', 'from: "24:00"', 13, "hours.1.open.0.from: '24:00' is no time of day"),
        ("days: daily", "days: dayly", 13, "hours.1.open.0.days: 'dayly' is no day"),
        ("[{days: daily, from: \"00:00\", to: \"24:00\"}]", "[]", 13, "hours.1.open: an empty list"),
        ("    timezone: UTC\n", "", 10, "hours.1.timezone: is missing"),
        ("{language_level: 2}", "{language_level: 6}", 15, "defaults.needs.language_level: '6' is no whole number"),
        ("{critical: 3}", "{critical: 0}", 16, "defaults.weight.critical: '0' is no whole number from 1 to 1000"),
        ("{critical: 3}", "{critcal: 3}", 16, "defaults.weight.critcal: 'critcal' is none of low, medium"),
        ("{critical: 3}", "{}", 16, "defaults.weight: says nothing"),
        ("[{after: 1h, language: none}]", "[{after: 1h}]", 17, "defaults.relax.0: changes nothing"),
        ("[{after: 1h, language: none}]", "[{language: none}]", 17, "defaults.relax.0.after: is missing"),
        ("name: recall", "name: Recall", 19, "rules.0.name: 'Recall' cannot be used"),
        ("name: vip", "name: recall", 29, "rules.1.name: 'recall' stands here twice"),
        ("campaign: kettle-recall", "campaign: []", 20, "rules.0.when.campaign: an empty list"),
        ("campaign: kettle-recall", "campaign: [x, '*']", 20, "'*' stands for all of them"),
        ("campaign: kettle-recall", "flags: '*'", 20, "rules.0.when.flags: '*' cannot be used"),
        ("severity: [high, critical]", "severity: [high, hot]", 20, "rules.0.when.severity.1: 'hot' is none of low"),
        ("contact_count: 3", "contact_count: 1", 20, "rules.0.when.contact_count: '1' is no whole number from 2"),
        ("language: pt-BR", "language: und", 30, "rules.1.when.language: 'und' cannot be used"),
        ("{tier: [VIP, Gold], region: cz, language: pt-BR}", "{}", 30, "rules.1.when: says nothing"),
        ("{tier: [VIP, Gold], region: cz, language: pt-BR}", "", 30, "rules.1.when: says nothing"),
        ("{team: recall, skill_level: 4}", "{team: a b}", 22, "rules.0.needs.team: 'a b' cannot be used"),
        ("{team: recall, skill_level: 4}", "[team]", 22, "rules.0.needs: must be a mapping"),
        ("after: 15m", "after: 5m", 27, "rules.0.relax.1.after: is not later than the step before"),
        ("after: 15m", "after: 4m", 27, "rules.0.relax.1.after: is not later than the step before"),
        ("follow_the_sun: true", "follow_the_sun: maybe", 28, "'maybe' is neither true nor false"),
        ("priority: 9", "priority: 1001", 31, "rules.1.priority: '1001' is no whole number from 0 to 1000"),
        ("  - name: everything\n", "  - name: last\n    when: {tier: a}\n", 33, "the last rule has no `when`"),
        ("  - name: everything\n", "", 29, "rules.1: the last rule has no `when`"),
        ("  - name: everything\n", "  - name: all\n  - name: x\n", 34, "x is never used: all of it goes to all"),
        ("rules:", "ruels:", 18, "ruels: is not known here"),
        ("name: mine", "name: !mine mine", 1, "name: the tag !mine means nothing here"),
        ("name: mine", "[name]: mine", 1, "a key is one word"),
        ("name: mine", "name: {", 3, "not YAML"),
        ("name: mine", "name: mine\nscore: *score", 2, "not YAML: found undefined alias"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(right: str, wrong: str, line: int, about: str) -> None:
    assert right in GOOD
    found = mistakes_in(GOOD.replace(right, wrong, 1))
    assert any(m.startswith(f"policy.yml:{line}: ") and about in m for m in found), found


def test_all_mistakes_are_named_at_once_the_first_line_first() -> None:
    text = GOOD
    for right, wrong in (
        ("20m", "x"),
        ("regions: [CZ", "regions: [''"),
        ("contact_count", "count"),
        ("priority: 9", "priority: x"),
    ):
        text = text.replace(right, wrong)
    assert [int(m.split(":")[1]) for m in mistakes_in(text)] == [3, 8, 20, 31]


def test_a_rule_with_a_mistake_does_not_hide_those_of_the_others() -> None:
    text = "name: x\nrules:\n  - {name: a, weight: 0}\n  - {name: b}\n  - {name: c}\n"
    assert [m.split(":")[1] for m in mistakes_in(text)] == ["3", "5"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("just a text", 1),
        ("- a\n- list", 1),
        ("rules: 3", 1),
        ("name: x\nrules: []", 2),
        ("name: x\nrules:\n  - 3\n", 3),
        ("name: x\n\nrules: &r [*r]", 3),
        ("&a [*a, *a, *a]", 1),
        ("[" * 2_000, 1),
        ('name: "\\UFFFFFFFF"', 1),
        ("%YAML 99999999999999999999.1\n---\nname: x", 1),
        ("name: x\nrules: \x01", 2),
        ("name: x\n---\nname: y", 2),
    ],
)
def test_something_else_than_a_policy_is_refused_with_a_line(text: str, line: int) -> None:
    found = mistakes_in(text)
    assert found and any(m.startswith(f"policy.yml:{line}: ") for m in found), found


def test_a_last_rule_with_another_mistake_is_also_told_to_have_no_condition() -> None:
    text = "name: x\nrules:\n  - {name: a, weight: 0, when: {tier: vip}}\n"
    assert [m.split(": ")[1] for m in mistakes_in(text)] == ["rules.0.weight", "rules.0"]


def test_what_aliases_make_too_much_of_is_refused() -> None:
    text = "a: &a [x]\nb: &b [" + "*a," * 300 + "]\nc: [" + "*b," * 300 + "]"
    assert mistakes_in(text) == ("policy.yml:1: the file: too much of it",)


def test_more_rules_than_can_be_looked_at_are_refused() -> None:
    text = "name: x\nrules:\n" + "".join(f"  - {{name: r{n}, when: {{category: c{n}}}}}\n" for n in range(201))
    assert any("rules: more than 200 entries" in m for m in mistakes_in(text))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"gone\.yml:1: the file: cannot be read: No such file"):
        read(tmp_path / "gone.yml")
    with pytest.raises(PolicyError, match=r"cannot be read: Is a directory"):
        read(tmp_path)
    (tmp_path / "latin.yml").write_bytes(b"name: x\nrules: \xe9\n")
    with pytest.raises(PolicyError, match=r"latin\.yml:2: the file: not UTF-8"):
        read(tmp_path / "latin.yml")
