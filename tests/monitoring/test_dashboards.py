"""The dashboards of deploy/grafana: from code, of series that run, without persons, readable, linked to the runbook."""

import math
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.board import RUNBOOK
from deploy.grafana.documents import boards as made
from deploy.grafana.documents import documents
from shared.contracts.topology import SERVICES
from tests.harness.monitoring import MonitoringPrograms
from tests.monitoring.boards import FILES, NAMES, PROJECT, board, columns, filled, panels, queries, variables_in
from tests.monitoring.known import exposed_by, fault_at_start
from tests.monitoring.rulebook import OF_THE_SCRAPE, alerts, grouped_by, rules, selectors

WIDTH = 24
# What a screen of 1080 lines shows below the head of the page: a row of the grid has 38 of them.
ONE_SCREEN = 23
# Of Grafana 12, for what is used here.
UNITS = {"short", "s", "none", "percentunit", "bytes", "reqps"}
# All labels by which figures of the lead are told apart. Whoever adds one here answers for it: no person, no free text.
OF_THE_LEAD = {"region", "category", "reason", "level", "kind", "status", "mark"}
RECORDED = re.compile(r"sli:\w+:\w+")


def test_the_files_are_what_the_code_says_and_no_others() -> None:
    written = {path: (PROJECT / path).read_text() for path in documents()}
    assert written == documents()
    assert {path.relative_to(PROJECT) for path in FILES} == documents().keys()


def test_there_is_one_for_the_operator_one_for_the_lead_and_one_for_each_service() -> None:
    assert [each.uid for each in made()] == [f"ombud-{name}" for name in ("operator", "lead", *SERVICES)]
    assert sorted(NAMES) == sorted(["operator", "lead", *SERVICES])


@pytest.mark.parametrize("name", NAMES)
def test_it_carries_nothing_of_one_installation(name: str) -> None:
    read = board(name)
    assert read["uid"] == f"ombud-{name}" and "id" not in read and read["editable"] is False
    assert isinstance(read["schemaVersion"], int)
    assert "://" not in str(read)
    for panel in panels(name):
        for asked in [panel, *panel["targets"]]:
            assert asked["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    variables = {each["name"]: each for each in read["templating"]["list"]}
    assert variables["datasource"]["query"] == "prometheus" and variables["runbook"]["query"] == RUNBOOK


@pytest.mark.parametrize("name", NAMES)
def test_each_variable_that_is_used_is_there_and_each_there_is_used(name: str) -> None:
    known = {each["name"] for each in board(name)["templating"]["list"]}
    assert known == {"datasource", "runbook"} | ({"region", "category"} if name == "lead" else set())
    assert variables_in(str(board(name)["panels"]) + str(board(name)["links"])) == known


def test_promtool_can_read_every_expression(monitoring: MonitoringPrograms, tmp_path: Path) -> None:
    asked = [{"record": f"q:{n}:{i}", "expr": q.filled} for n in NAMES for i, q in enumerate(queries(n))]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": asked}]}))
    said = monitoring.promtool_says("check", "rules", file)
    assert said.returncode == 0, said.stdout


@pytest.mark.parametrize("name", NAMES)
def test_each_series_is_one_that_runs_with_labels_and_values_that_it_has(name: str) -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    for asked in queries(name):
        # `All` of a choice is any value; the labels of which are tried with one that every service knows.
        expr = asked.expr.replace("$region", "none").replace("$category", "billing")
        ours = [s for s in selectors(filled(expr)) if s.metric.startswith("ombud")]
        for selector in ours:
            assert fault_at_start(selector) is None, (asked, selector)
        assert set(RECORDED.findall(expr)) <= recorded
        named = [series.labels for s in ours for name in SERVICES if (series := exposed_by(name, s.metric))]
        known = OF_THE_SCRAPE.union(
            {"le", "sli", "promise", "queue", "severity", "alertname", "about", "version"}, *named
        )
        assert grouped_by(expr) <= known, asked


@pytest.mark.parametrize("name", SERVICES)
def test_a_dashboard_of_a_service_asks_for_that_service_alone(name: str) -> None:
    for asked in queries(name):
        for selector in selectors(asked.filled):
            values = {m.value for m in selector.matchers if m.label == "service"}
            having = [service for service in SERVICES if exposed_by(service, selector.metric)]
            assert values == {name} or (having == [name] and not values), asked


def test_the_lead_sees_no_person() -> None:
    labels = set[str]()
    for asked in queries("lead"):
        labels |= grouped_by(asked.expr) | asked.shown
        labels |= {m.label for s in selectors(asked.filled) for m in s.matchers}
    assert labels - {"le", "state", "outcome"} == OF_THE_LEAD


def test_regions_and_categories_can_be_chosen_and_act_on_what_is_by_them() -> None:
    for asked in queries("lead"):
        for kind in ("region", "category"):
            if f"ombud_{kind}_" in asked.expr:
                of_kind = [s for s in selectors(asked.expr) if s.metric.startswith(f"ombud_{kind}_")]
                assert all([(m.label, m.value) for m in s.matchers] == [(kind, f"${kind}")] for s in of_kind), asked
    for each in board("lead")["templating"]["list"]:
        if each["type"] == "query":
            assert each["query"]["query"] == f"label_values(ombud_{each['name']}_cases_opened_total, {each['name']})"
            assert each["includeAll"] and each["multi"] and each["allValue"] == ".*"


@pytest.mark.parametrize("name", NAMES)
def test_each_panel_says_what_a_reader_does_with_it_and_in_which_unit(name: str) -> None:
    titles = [panel["title"] for panel in panels(name)]
    assert len(titles) == len(set(titles))
    for panel in panels(name):
        assert len(panel["description"].split()) >= 5, panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, panel["title"]
        for override in panel["fieldConfig"]["overrides"]:
            assert override["matcher"]["options"] in columns(panel).values()
            assert {p["value"] for p in override["properties"] if p["id"] == "unit"} <= UNITS


@pytest.mark.parametrize("name", NAMES)
def test_limits_rise(name: str) -> None:
    """Grafana takes the last step that a figure has passed; out of order a colour is never seen."""
    for panel in panels(name):
        for steps in _limits(panel):
            values = [step["value"] for step in steps]
            assert values[0] is None and values[1:] == sorted(values[1:]), panel["title"]


def _limits(panel: dict[str, Any]) -> list[list[dict[str, Any]]]:
    looks = panel["fieldConfig"]
    overridden = [p["value"] for o in looks["overrides"] for p in o["properties"] if p["id"] == "thresholds"]
    return [each["steps"] for each in [looks["defaults"]["thresholds"], *overridden]]


@pytest.mark.parametrize("name", NAMES)
def test_panels_lie_side_by_side_and_what_matters_most_is_on_one_screen(name: str) -> None:
    cells: set[tuple[int, int]] = set()
    for panel in board(name)["panels"]:
        at = panel["gridPos"]
        taken = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not taken & cells and at["x"] + at["w"] <= WIDTH, panel["title"]
        cells |= taken
    rows = [panel["gridPos"]["y"] for panel in board(name)["panels"] if panel["type"] == "row"]
    assert rows[0] == 0 and rows[1] <= ONE_SCREEN
    ids = [panel["id"] for panel in board(name)["panels"]]
    assert ids == list(range(1, len(ids) + 1))


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_panels_have_no_gaps(name: str) -> None:
    """So that nothing is smaller than it could be: each line of panels is as wide as the screen."""
    widths: dict[int, int] = {}
    for panel in board(name)["panels"]:
        widths[panel["gridPos"]["y"]] = widths.get(panel["gridPos"]["y"], 0) + panel["gridPos"]["w"]
    assert set(widths.values()) == {WIDTH}, widths


def _linked(name: str) -> dict[str, set[str]]:
    """The headings to which each panel leads."""
    return {p["title"]: {link["url"].split("#")[1] for link in p["links"]} for p in panels(name)}


def test_links_lead_to_headings_of_the_runbook() -> None:
    headings = {found.lower() for found in re.findall(r"(?m)^### (\w+)$", (PROJECT / RUNBOOK).read_text())}
    for name in NAMES:
        assert set().union(*_linked(name).values()) <= headings


def test_each_alert_has_a_panel_of_the_operator_or_of_a_service_that_leads_to_it() -> None:
    linked = set().union(*(links for name in NAMES for links in _linked(name).values()))
    assert {alert["alert"].lower() for alert in alerts()} - linked == {"ombudmonitoringalive"}


# What an alert says of one series: its figure, or the age of an instant, above a figure.
_COMPARES = re.compile(r"((?:time\(\) - )?)(?:max|min|sum) by \([\w, ]+\) \((\w+)\) > ([1-9].*)")


def _reds(panel: dict[str, Any]) -> list[float]:
    return [step["value"] for step in _limits(panel)[0] if step["color"] == "red" and step["value"] is not None]


@pytest.mark.parametrize("name", NAMES)
def test_what_an_alert_compares_is_red_where_it_fires(name: str) -> None:
    """Of panels that show just the series that their alert compares with a figure."""
    compared = {alert["alert"].lower(): _COMPARES.fullmatch(alert["expr"]) for alert in alerts()}
    for panel in panels(name):
        shown = [selector.metric for target in panel["targets"] for selector in selectors(target["expr"])]
        for heading in _linked(name)[panel["title"]]:
            if (
                (found := compared[heading])
                and shown == [found[2]]
                and panel["type"] != "table"
                and _limits(panel)[0][1:]
            ):
                assert _reds(panel) == [_figure(found[3])], (panel["title"], heading)


@pytest.mark.parametrize("name", NAMES)
def test_what_an_indicator_counts_as_too_late_is_red(name: str) -> None:
    promised = {
        selector.metric.removesuffix("_bucket"): float(matcher.value)
        for rule in rules()
        if rule.get("record") == "sli:ombud_bad:rate5m"
        for selector in selectors(rule["expr"])
        for matcher in selector.matchers
        if matcher.label == "le"
    }
    assert promised
    for panel in panels(name):
        shown = {s.metric.removesuffix("_bucket") for target in panel["targets"] for s in selectors(target["expr"])}
        for metric in shown & promised.keys():
            assert _reds(panel) == [promised[metric]], panel["title"]


def _figure(text: str) -> float:
    return math.prod(float(factor) for factor in text.split("*"))
