"""Rows and panels to a dashboard, its variables, and the JSON that Grafana reads; called by the dashboards' files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from deploy.grafana.pieces import SOURCE, Panel

RUNBOOK = "docs/runbook.md"
TAG = "ombud"
# What the SDK writes for every variable and Grafana knows of those for intervals alone, and an id that means nothing.
_OF_INTERVALS = ("auto", "auto_count", "auto_min", "id")


@dataclass(frozen=True)
class Row:
    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True)
class Board:
    """uid: what links and bookmarks go by. since: how much is shown at first. chosen: labels to choose values of."""

    uid: str
    title: str
    purpose: str
    since: str
    rows: Sequence[Row]
    chosen: Sequence["Choice"] = ()


@dataclass(frozen=True)
class Choice:
    """A variable of which a reader can choose some values, or all; of: a series that has the label."""

    label: str
    of: str


def written(board: Board) -> str:
    """The file."""
    made = builders.Dashboard(board.title).uid(board.uid).description(board.purpose).tags([TAG])
    made.time(f"now-{board.since}", "now").refresh("1m").timezone("browser").readonly()
    made.tooltip(models.DashboardCursorSync.CROSSHAIR).link(_to_the_others()).link(_to_the_runbook())
    made.with_variable(_datasource()).with_variable(_runbook())
    for choice in board.chosen:
        made.with_variable(_choice(choice))
    number = 0
    for row in board.rows:
        number += 1
        made.with_row(builders.Row(row.title).id(number))
        for panel in row.panels:
            number += 1
            made.with_panel(panel.id(number))
    plain = json.loads(json.dumps(made.build(), cls=JSONEncoder))
    plain.pop("style")  # which Grafana no longer knows
    for variable in plain["templating"]["list"]:
        for name in _OF_INTERVALS:
            variable.pop(name, None)
    return json.dumps(plain, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _datasource() -> builders.DatasourceVariable:
    return builders.DatasourceVariable("datasource").label("Prometheus").type("prometheus")


def _runbook() -> builders.ConstantVariable:
    """In one place of each file: where its operators publish the runbook."""
    return builders.ConstantVariable("runbook").value(RUNBOOK)


def _choice(choice: Choice) -> builders.QueryVariable:
    made = builders.QueryVariable(choice.label).label(choice.label.capitalize()).datasource(SOURCE)
    made.query({"query": f"label_values({choice.of}, {choice.label})", "refId": choice.label})
    made.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(models.VariableSort.ALPHABETICAL_ASC)
    everything = models.VariableOption(selected=True, text="All", value="$__all")
    return made.multi(True).include_all(True).all_value(".*").current(everything)


def _to_the_others() -> builders.DashboardLink:
    link = builders.DashboardLink("Ombud").type(models.DashboardLinkType.DASHBOARDS).tags([TAG])
    return link.as_dropdown(True).keep_time(True)


def _to_the_runbook() -> builders.DashboardLink:
    link = builders.DashboardLink("Runbook").type(models.DashboardLinkType.LINK)
    return link.url("${runbook}").target_blank(True)
