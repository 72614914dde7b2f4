"""The rules of deploy/monitoring against promtool, against the series that run, and against the runbook."""

import re
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.topology import QUEUES, SERVICES
from tests.harness.monitoring import MonitoringPrograms
from tests.monitoring import registry
from tests.monitoring.known import fault_of
from tests.monitoring.rulebook import (
    MONITORING,
    OF_THE_SCRAPE,
    RULE_FILES,
    TEST_FILES,
    alerts,
    grouped_by,
    rules,
    selectors,
    unit_tests,
)

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbook.md"
SEVERITIES = {"page", "workday", "heartbeat"}
PARTS = ("**Means.**", "**Look.**", "**Do.**")
RECORDED = re.compile(r"sli:ombud_[a-z_]+:[a-z0-9_]+")


def test_promtool_accepts_the_rules_and_the_scrapes(monitoring: MonitoringPrograms) -> None:
    for args in (["check", "rules", "--lint-fatal", *RULE_FILES], ["check", "config", MONITORING / "prometheus.yml"]):
        said = monitoring.promtool_says(*args)
        assert said.returncode == 0, said.stdout


@pytest.mark.parametrize("file", TEST_FILES, ids=lambda file: file.stem)
def test_each_alert_fires_when_it_must_and_ends(monitoring: MonitoringPrograms, file: Path) -> None:
    said = monitoring.promtool_says("test", "rules", file)
    assert said.returncode == 0, said.stdout


def test_promtool_is_asked_of_each_alert_both_ways() -> None:
    """A test that only sees an alert fire would pass with one that always does; the heartbeat always does."""
    fires, rests = set[str](), set[str]()
    for test in unit_tests():
        for asked in test.get("promql_expr_test", ()):
            found = re.search(r'ALERTS\{alertname="(\w+)"', asked["expr"])
            if found:
                (fires if asked["exp_samples"] else rests).add(found[1])
    names = {alert["alert"] for alert in alerts()}
    assert fires == names
    assert rests == names - {"OmbudMonitoringAlive"}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("alert") or rule["record"])
def test_each_series_in_a_rule_is_one_that_runs(rule: dict[str, Any]) -> None:
    expression = rule["expr"]
    made_here = {"queue"} if "label_replace" in expression else set()
    for selector in selectors(expression):
        if selector.metric.startswith("ombud"):
            assert fault_of(selector) is None, selector
    labels = {"sli", "promise"} | OF_THE_SCRAPE | made_here
    named = {s.metric for s in selectors(expression)} & registry.of_any_service().keys()
    known = labels.union(*(registry.of_any_service()[name].labels for name in named))
    assert grouped_by(expression) <= known


def test_what_promtool_is_told_are_series_that_run() -> None:
    for test in unit_tests():
        for line in test["input_series"]:
            selector = next(selectors(line["series"]))
            if selector.metric.startswith("ombud"):
                assert fault_of(selector) is None, line["series"]
                assert selector.labels >= registry.of_any_service()[selector.metric].labels, line["series"]


def test_each_recorded_series_is_used_and_each_used_one_is_recorded() -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    used = {name for rule in rules() for name in RECORDED.findall(rule["expr"])}
    assert used == recorded


def test_each_indicator_has_what_is_bad_what_is_all_and_an_objective() -> None:
    slis = {
        name: {rule["labels"]["sli"] for rule in rules() if rule.get("record") == f"sli:ombud_{name}"}
        for name in ("objective:ratio", "all:rate5m", "bad:rate5m")
    }
    assert slis["objective:ratio"] == slis["all:rate5m"] == slis["bad:rate5m"]
    promises = {rule["labels"]["promise"] for rule in rules() if rule.get("record") == "sli:ombud_objective:ratio"}
    assert promises == {"1", "2", "3", "4", "5"}


def test_what_was_kept_is_asked_of_every_queue_between_the_services_and_of_no_other() -> None:
    kept = [rule["expr"] for rule in rules() if rule.get("labels", {}).get("sli") == "kept" and "rate(" in rule["expr"]]
    asked = [[m for s in selectors(expression) for m in s.matchers if m.label == "queue"] for expression in kept]
    between = [q.name for q in QUEUES if q.source in SERVICES]
    doors = ["intake.http", "intake.webhooks.crm"]
    for matchers in asked:
        assert [name for name in [q.name for q in QUEUES] + doors if all(m.fits(name) for m in matchers)] == between
    assert len(asked) == 2


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_each_alert_says_what_it_found_how_much_and_where_to_read_on(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in SEVERITIES
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    assert re.search(r"\$value|for more than \d", alert["annotations"]["description"])
    assert alert["annotations"]["runbook_url"] == f"docs/runbook.md#{alert['alert'].lower()}"


def _sections() -> dict[str, str]:
    """The runbook by its headings of alerts."""
    parts = re.split(r"(?m)^### (\w+)$", RUNBOOK.read_text())
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_runbook_has_a_heading_for_each_alert_and_no_other() -> None:
    assert sorted(_sections()) == sorted(alert["alert"] for alert in alerts())


def test_each_heading_says_what_it_means_how_to_look_and_what_to_do_in_this_order() -> None:
    wrong = []
    for name, text in _sections().items():
        places = [text.find(part) for part in PARTS]
        if -1 in places or places != sorted(places):
            wrong.append(name)
    assert wrong == []


def test_each_heading_names_the_severity_of_its_alert() -> None:
    told = {name: re.search(r"\*\*Means\.\*\* \((\w+)\)", text) for name, text in _sections().items()}
    severities = {alert["alert"]: alert["labels"]["severity"] for alert in alerts()}
    assert {name: found and found[1] for name, found in told.items()} == severities


def test_the_runbook_asks_for_series_that_run() -> None:
    running = registry.of_any_service().keys()
    named = set(re.findall(r"(?<![\w:])ombud_[a-z0-9_]+", RUNBOOK.read_text()))
    assert named
    assert named <= running


def test_the_runbook_tells_each_indicator_with_its_objective() -> None:
    for rule in rules():
        if rule.get("record") == "sli:ombud_objective:ratio":
            objective = f"{float(rule['expr'][7:-1]) * 100:g} %"
            labels = rule["labels"]
            row = rf"(?m)^\| {labels['promise']} .*\| `{labels['sli']}` \|.*\| {re.escape(objective)} \|"
            assert re.search(row, RUNBOOK.read_text()), (labels, objective)
