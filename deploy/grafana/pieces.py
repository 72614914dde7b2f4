"""What the dashboards are put together from: tiles, lines, tables. Called by the files of the dashboards.

Each piece has a description that says what its reader does with it. A tile or a line that an alert stands behind has
links to the headings of the runbook. Where the figures come from is a variable, as is where the runbook is published.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from grafana_foundation_sdk.builders import common, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
NUMBER, SECONDS, SHARE, TIMES, BYTES = "short", "s", "percentunit", "none", "bytes"
EACH_SECOND, AGO = "reqps", "s"
Panel = stat.Panel | timeseries.Panel | table.Panel
_Panel = TypeVar("_Panel", stat.Panel, timeseries.Panel, table.Panel)


@dataclass(frozen=True)
class Query:
    """legend: with `{{label}}` filled in by Grafana."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Limits:
    """From which figure on something is orange, or red; falling: below which it is. None: neither good nor bad."""

    orange: float | None = None
    red: float | None = None
    falling: bool = False

    def steps(self) -> list[models.Threshold]:
        bands = [("green", None), ("orange", self.orange), ("red", self.red)]
        if self.falling:
            bands = [("red", None), ("orange", self.red), ("green", self.orange)]
        if self.orange is None and self.red is None:
            bands = [("text", None)]
        lowest, *others = bands
        known = [models.Threshold(value, colour) for colour, value in others if value is not None]
        return [models.Threshold(None, lowest[0]), *known]


PLAIN = Limits()
ABOVE_ZERO = Limits(red=0.001)  # increases are not whole


@dataclass(frozen=True)
class Says:
    """What every piece has. to_do: what a reader does; alerts: headings of the runbook; empty: stands for no figure."""

    title: str
    to_do: str
    unit: str = NUMBER
    limits: Limits = PLAIN
    alerts: Sequence[str] = ()
    empty: str = "–"


def tile(says: Says, *queries: Query, width: int = 4, height: int = 4, decimals: int | None = None) -> stat.Panel:
    """One figure, or one for each series, in the colour of its limits."""
    colour = kinds.BigValueColorMode.BACKGROUND if says.limits != PLAIN else kinds.BigValueColorMode.VALUE
    panel = _said(stat.Panel(), says).span(width).height(height).no_value(says.empty)
    panel.color_mode(colour).graph_mode(kinds.BigValueGraphMode.NONE)
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    if decimals is not None:
        panel.decimals(decimals)
    return panel.targets([_target(index, query).instant() for index, query in enumerate(queries)])


def lines(says: Says, *queries: Query, width: int = 8, height: int = 8, stacked: bool = False) -> timeseries.Panel:
    """How something went over time, with its limits as dashed lines."""
    panel = _said(timeseries.Panel(), says).span(width).height(height).no_value(says.empty).min(0)
    panel.line_width(1).fill_opacity(25 if stacked else 0).show_points(kinds.VisibilityMode.NEVER)
    panel.color_scheme(builders.FieldColor().mode(models.FieldColorModeId.PALETTE_CLASSIC))
    if stacked:
        panel.stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL).group("A"))
    if says.limits != PLAIN:
        style = common.GraphThresholdsStyleConfig().mode(kinds.GraphTresholdsStyleMode.DASHED)
        panel.thresholds_style(style)
    legend = common.VizLegendOptions().display_mode(kinds.LegendDisplayMode.LIST)
    panel.legend(legend.placement(kinds.LegendPlacement.BOTTOM).show_legend(True))
    tooltip = common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI).sort(kinds.SortOrder.DESCENDING)
    panel.tooltip(tooltip)
    return panel.targets([_target(index, query).range() for index, query in enumerate(queries)])


@dataclass(frozen=True)
class Column:
    """A figure of each row of a table."""

    title: str
    expr: str
    unit: str = NUMBER
    limits: Limits = PLAIN
    decimals: int | None = None


def rows_by(
    says: Says, labels: dict[str, str], columns: Sequence[Column], width: int = 24, height: int = 9, by: str = ""
) -> table.Panel:
    """A row for each value of the labels (given with their titles). by: the title of a label to sort the rows by, else
    the worst are first, by the first column that has limits."""
    panel = _said(table.Panel(), says).span(width).height(height).no_value(says.empty)
    panel.targets([_target(i, Query(c.expr)).instant().format(PromQueryFormat.TABLE) for i, c in enumerate(columns)])
    names = [_named(index, len(columns)) for index in range(len(columns))]
    shown = {**labels, **dict(zip(names, (column.title for column in columns), strict=True))}
    order = {name: index for index, name in enumerate(shown)}
    options = {"excludeByName": {"Time": True}, "indexByName": order, "renameByName": shown}
    panel.with_transformation(models.DataTransformerConfig("merge", options={}))
    panel.with_transformation(models.DataTransformerConfig("organize", options=options))
    for column in columns:
        panel.override_by_name(column.title, _looks(column))
    first = next((column for column in columns if column.limits != PLAIN), columns[0])
    order_by = common.TableSortByFieldState().display_name(by or first.title)
    return panel.sort_by([order_by.desc(not by and not first.limits.falling)])


def _named(index: int, columns: int) -> str:
    """As Grafana calls the figure of a query."""
    return f"Value #{chr(ord('A') + index)}" if columns > 1 else "Value"


def _looks(column: Column) -> list[models.DynamicConfigValue]:
    looks = [models.DynamicConfigValue("unit", column.unit)]
    if column.decimals is not None:
        looks.append(models.DynamicConfigValue("decimals", column.decimals))
    if column.limits != PLAIN:
        steps = [step.to_json() for step in column.limits.steps()]
        looks.append(models.DynamicConfigValue("thresholds", {"mode": "absolute", "steps": steps}))
        looks.append(models.DynamicConfigValue("custom.cellOptions", {"type": "color-background", "mode": "basic"}))
    return looks


def _said(panel: _Panel, says: Says) -> _Panel:
    panel.title(says.title).description(says.to_do).datasource(SOURCE).unit(says.unit)
    panel.thresholds(builders.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(says.limits.steps()))
    panel.color_scheme(builders.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
    return panel.links(list(_to_the_runbook(says.alerts)))


def _to_the_runbook(alerts: Iterable[str]) -> Iterable[builders.DashboardLink]:
    for alert in alerts:
        link = builders.DashboardLink(f"Runbook: {alert}").type(models.DashboardLinkType.LINK)
        yield link.url(f"${{runbook}}#{alert.lower()}").target_blank(True)


def _target(index: int, query: Query) -> prometheus.Dataquery:
    made = prometheus.Dataquery().ref_id(chr(ord("A") + index)).datasource(SOURCE).expr(query.expr)
    return made.legend_format(query.legend) if query.legend else made
