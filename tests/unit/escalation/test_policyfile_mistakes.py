"""How each mistake in a policy file is named."""

from pathlib import Path

import pytest

from services.escalation.policy.policyfile import read
from shared.policy.page import PolicyError
from tests.unit.escalation.policies import GOOD, LEAST, mistakes_in

LINES = GOOD.splitlines()


def line_of(text: str) -> int:
    (number,) = (n for n, line in enumerate(LINES, start=1) if text in line)
    return number


def test_the_policies_that_the_mistakes_are_made_in_have_none() -> None:
    assert mistakes_in(GOOD) == mistakes_in(LEAST) == ()


@pytest.mark.parametrize(
    ("right", "wrong", "about"),
    [
        ("name: mine", "name: a b", "name: 'a b' cannot be used"),
        ("name: mine", "nane: mine", "nane: is not known here; known: name, hours, triggers"),
        ("name: mine", "name: !x mine", "the tag !x means nothing here"),
        ("name: office", "name: region", "hours.0.name: 'region' means something else"),
        ("name: office", "name: none", "hours.0.name: 'none' means something else"),
        ("name: rest", "name: office", "hours.1.name: 'office' stands here twice"),
        ('regions: "*"', "regions: SK", "hours.1.regions: SK has hours already: office"),
        ("timezone: UTC, open: {", "timezone: Mars/Base, open: {", "hours.1.timezone: 'Mars/Base' is no time zone"),
        ("to: 10:00", "to: 10h", "hours.2.open.0.to: '10h' is no time of day"),
        ("{reason: severity, when: {severity: [high", "{reason: seversty, when: {severity: [high", "is none of severi"),
        ("{reason: declined}", "{reason: manual}", "triggers.10.reason: 'manual' is none of severity, asked"),
        ("{reason: declined}", "{reason: declined, then: x}", "triggers.10.then: is not known here"),
        ("{reason: declined}", "{}", "triggers.10.reason: is missing"),
        ("{reason: declined}", "declined", "triggers.10: must be a mapping"),
        ("severity: [high, critical], region", "severity: [high, hot], region", "triggers.0.when.severity.1: 'hot'"),
        ("{reason: severity, when: {severity: critical}}", "{reason: severity}", "triggers.1.when: says nothing of se"),
        ("when: {asked: [supervisor, executive]}", "when: {tier: x}", "triggers.2.when: says nothing of asked"),
        ("when: {anger: 0.9, severity: medium}", "when: {severity: low}", "triggers.3.when: says nothing of anger"),
        ("when: {flags: [safety, legal]}", "when: {contacts: 2}", "triggers.4.when: says nothing of flags"),
        ("when: {tier: Gold, ", "when: {", "triggers.5.when: says nothing of tier"),
        ("when: {contacts: 3}", "when: {rating: 1}", "triggers.6.when: says nothing of contacts"),
        ("when: {rating: 0.2}", "when: {contacts: 3}", "triggers.7.when: says nothing of rating"),
        ("when: {reopenings: 2}", "when: {contacts: 3}", "triggers.8.when: says nothing of reopenings"),
        ("asked: [supervisor, executive]", "asked: [boss]", "triggers.2.when.asked.0: 'boss' is none of supervisor"),
        ("asked: [supervisor, executive]", "asked: none", "triggers.2.when.asked: none: nobody is asked for"),
        ("anger: 0.9", "anger: 1.1", "triggers.3.when.anger: '1.1' is no number above 0, up to 1"),
        ("anger: 0.9", "anger: 0", "triggers.3.when.anger: '0' is no number above 0"),
        ("anger: 0.9", "anger: .9", "triggers.3.when.anger: '.9' is no number"),
        ("rating: 0.2", "rating: 2", "triggers.7.when.rating: '2' is no number from 0 to 1"),
        ("contacts: 3", "contacts: 1", "triggers.6.when.contacts: '1' is no whole number from 2"),
        ("reopenings: 2", "reopenings: 0", "triggers.8.when.reopenings: '0' is no whole number from 1"),
        ("{flags: [safety, legal]}", "{}", "triggers.4.when: says nothing"),
        ("unassigned, after: {critical: 5m, high: 30m, medium: 4h, low: 1d}", "unassigned", "triggers.9.after: is mis"),
        ("after: {critical: 5m, high: 30m, medium: 4h, low: 1d}", "after: {critical: 5m}", "after: says nothing of lo"),
        ("after: {critical: 5m,", "after: {critical: 31m,", "triggers.9.after.critical: is later than for high"),
        ("{reason: declined}", "{reason: declined, after: 5m}", "triggers.10.after: belongs to unassigned, not to dec"),
        ("{reason: declined}", "{reason: declined, clocks: x}", "triggers.10.clocks: belongs to overdue, not to decl"),
        ("clocks: [resolution]", "clocks: [resolutoin]", "no clock of the name resolutoin; there are: first_answer, r"),
        ("clocks: [resolution]", "clocks: [first_answer]", "triggers.12: never fires: all of it is taken by triggers."),
        ("{reason: upstream_request}", "{reason: declined}", "triggers.13: never fires: all of it is taken by trigger"),
        ("{severity: critical}}", "{severity: high, region: CZ}}", "triggers.1: never fires: all of it is taken by tr"),
        ("measures: first_answer", "measures: first_anser", "clocks.0.measures: 'first_anser' is none of first_answer"),
        ("within: {critical: 90s,", "within: {critical: 90,", "clocks.0.within.critical: '90' is no time up to 366d"),
        ("within: {critical: 90s,", "within: {critical: 3h,", "clocks.0.within.critical: is later than for high"),
        ("within: {critical: 90s, ", "within: {", "clocks.0.within: says nothing of critical"),
        ("low: 2bd}", "low: 367d}", "clocks.0.within.low: '367d' is no time"),
        ("low: 2bd}", "low: 0bd}", "clocks.0.within.low: '0bd' is no time"),
        ("low: 2bd}", "low: 2d}", "clocks.0.within: d and w are days of the calendar; with hours, write bd"),
        ("within: 8w, hours: none", "within: 8bd, hours: none", "clocks.1.within: bd are days with hours, and the clo"),
        ("hours: region", "hours: bureau", "clocks.0.hours: no hours of the name bureau; there are: office, rest"),
        ("warn: [50, 80]", "warn: [0, 80]", "clocks.0.warn.0: '0' is no whole number from 1 to 99"),
        ("warn: [50, 80]", "warn: [50, 100]", "clocks.0.warn.1: '100' is no whole number"),
        ("warn: [50, 80]", "warn: [80, 80]", "clocks.0.warn.1: is not more than the one before"),
        ("warn: [50, 80]", "warn: []", "clocks.0.warn: write one to ten percents, or none"),
        ("tell: [team_lead,", "tell: [boss,", "clocks.0.tell.0: 'boss' is nobody; write supervisor, coordinator"),
        ('"duty:night", "person', '"duty:day", "person', "clocks.0.tell: no rota of the name day; there are: night"),
        ("pauses: [waiting_for_customer]", "pauses: [lunch]", "clocks.0.pauses.0: 'lunch' is none of waiting_for"),
        ("name: supervisor, measures", "name: resolution, measures", "clocks.2.name: 'resolution' stands here twice"),
        ("region: [CZ, none]", "regoin: [CZ]", "ladders.0.when.regoin: is not known here"),
        ("start: {critical: 2}", "start: {high: 2}", "start.high: 2 is above where critical starts, which is 1"),
        ("start: {critical: 2}", "start: {low: 2, critical: 2}", "start.low: 2 is above where medium starts, which"),
        ("warn: [50, 80]", "warn: none", "clocks.0.tell: there are no warnings to tell: `warn` is none"),
        ("start: {critical: 2}", "start: {critical: 3}", "ladders.0.start.critical: 3 is above the top, which is 2"),
        ("start: {critical: 2}", "start: {critical: 0}", "ladders.0.start.critical: '0' is no whole number from 1 to"),
        ("name: board\n        rec", "name: first\n        rec", "ladders.0.levels.1.name: 'first' stands here twice"),
        ('["duty:night", supervisor]', "[supervizor]", "ladders.0.levels.0.recipients.0: 'supervizor' is nobody"),
        ('["duty:night", supervisor]', "[]", "ladders.0.levels.0.recipients: an empty list"),
        ('["duty:night", supervisor]', "[supervisor, supervisor]", "'supervisor' stands here twice"),
        ('["duty:night", supervisor]', '["duty:"]', "'duty:' is nobody"),
        ('["duty:night", supervisor]', '["team:x"]', "'team:x' is nobody"),
        ('["duty:night", supervisor]', '["duty:day"]', "ladders.0.levels.0.recipients: no rota of the name day"),
        ("{critical: 5m, high: 10m,", "{critical: 5m, high: 2h,", "levels.0.respond_within.high: is later than for me"),
        ("answer: all", "answer: most", "ladders.0.levels.1.answer: 'most' is none of one, all"),
        ("repeat: 2", "repeat: 11", "ladders.0.levels.1.repeat: '11' is no whole number from 0 to 10"),
        ("hours: board", "hours: bored", "ladders.0.levels.1.hours: no hours of the name bored"),
        ("outside: wait", "outside: sleep", "ladders.0.levels.1.outside: 'sleep' is none of climb, wait"),
        ("name: major\n", "name: placed\n", "ladders.1.name: 'placed' stands here twice"),
        ("people: [petr.svoboda, ivana.benesova]", "people: []", "rotas.0.shifts.0.people: an empty list"),
        ("people: [petr.svoboda, ivana.benesova]", "people: [a/b]", "rotas.0.shifts.0.people.0: 'a/b' cannot be used"),
        ("days: [sat, sun]", "days: [sat, son]", "rotas.0.shifts.1.days: 'son' is no day"),
        ("every: 1w", "every: 12h", "rotas.0.shifts.0.rotate.every: '12h' is no turn of whole days"),
        ("since: 2026-01-05", "since: 2026-02-30", "rotas.0.shifts.0.rotate.since: '2026-02-30' is no day"),
        ("since: 2026-01-05", "since: 9999-12-31", "rotas.0.shifts.0.rotate.since: there is no such year"),
        (", at: 09:00", "", "rotas.0.shifts.0.rotate.at: is missing"),
        ("remind: 75", "remind: 100", "follow_up.remind: '100' is no whole number from 1 to 99"),
        ("within: {critical: 1h, high: 4h", "within: {critical: 5h, high: 4h", "follow_up.within.critical: is later t"),
        ("follow_up: {within: {critical: 1h, high: 4h, medium: 1d, low: 3d}, ", "follow_up: {", "follow_up.within: is"),
        ("snooze_at_most: 12h", "snooze_at_most: 0h", "snooze_at_most: '0h' is no time"),
        ("pause_at_most: 30d", "pause_at_most: 91d", "pause_at_most: '91d' is no time up to 90d"),
        ("again_after: {critical: 15m", "again_after: {critical: 2h", "again_after.critical: is later than for high"),
        ("of: [product, region]", "of: [product, moon]", "storms.0.of.1: 'moon' is none of category, product, region"),
        ("more_than: 30", "more_than: 0", "storms.0.more_than: '0' is no whole number"),
        ("more_than: 30, within: 10m", "more_than: 30, within: 8d", "storms.0.within: '8d' is no time up to 7d"),
        ("ladder: major", "ladder: mayor", "storms.0.ladder: no ladder of the name mayor; there are: placed, major, s"),
        ("{category: defect}", "{}", "storms.0.when: says nothing"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(right: str, wrong: str, about: str) -> None:
    assert right in GOOD
    line = GOOD[: GOOD.index(right)].count("\n") + 1
    found = mistakes_in(GOOD.replace(right, wrong, 1))
    near = range(line - 2, line + 3)
    assert any(about in m and int(m.split(":")[1]) in near for m in found), found


@pytest.mark.parametrize(
    ("right", "wrong", "line", "about"),
    [
        ("outside: wait", "outside: snore", "outside: wait", "'snore'"),
        ("low: 2bd}", "low: 2d}", "critical: 90s", "d and w"),
        ("ladder: major", "ladder: x", "of: [product, region]", "no ladder"),
        ("{reason: upstream_request}", "{reason: declined}", "upstream_request", "never fires"),
    ],
)
def test_the_line_is_that_of_the_mistake_itself(right: str, wrong: str, line: str, about: str) -> None:
    (mistake,) = (m for m in mistakes_in(GOOD.replace(right, wrong, 1)) if about in m)
    assert mistake.startswith(f"policy.yml:{line_of(line)}: ")


def test_all_mistakes_are_named_at_once_the_first_line_first() -> None:
    text = GOOD
    for right, wrong in (("anger: 0.9", "anger: x"), ("repeat: 2", "repeat: x"), ("more_than: 30", "more_than: x")):
        text = text.replace(right, wrong)
    lines = [int(m.split(":")[1]) for m in mistakes_in(text)]
    assert lines == [line_of("anger: 0.9"), line_of("repeat: 2"), line_of("more_than: 30")]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("just a text", 1),
        ("- a\n- list", 1),
        ("name: x\ntriggers: []\nclocks: 3", 3),
        ("name: x\ntriggers: []\nclocks: []", 3),
        ("name: x\ntriggers: []\n\nladders: []", 4),
        ("name: x\ntriggers:\n  - 3\n", 3),
        ("name: x\n\ntriggers: &r [*r]", 3),
        ("&a [*a, *a, *a]", 1),
        ('name: "\\UFFFFFFFF"', 1),
        ("name: x\ntriggers: \x01", 2),
    ],
)
def test_something_else_than_a_policy_is_refused_with_a_line(text: str, line: int) -> None:
    found = mistakes_in(text)
    assert found and any(m.startswith(f"policy.yml:{line}: ") for m in found), found


def test_a_policy_of_the_old_form_is_refused_and_does_no_harm() -> None:
    old = (
        "name: standard\ntriggers: [{when: severity, is: [critical]}]\n"
        "first_answer_within: {critical: 1h, high: 1h, medium: 1h, low: 1h}\n"
        "ladder: [{name: only, recipients: [manager], respond_within: {critical: 1m, high: 1m, medium: 1m, low: 1m}}]\n"
    )
    found = mistakes_in(old)
    assert any("first_answer_within: is not known here; known: name" in m for m in found)
    assert any("ladders: is missing" in m for m in found)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"gone\.yml:1: the file: cannot be read: No such file"):
        read(tmp_path / "gone.yml")
