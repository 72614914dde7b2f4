"""The dashboard of whoever leads supervisors: response times, resolution rate, satisfaction, by region and category.

No person stands on it: neither agents nor supervisors nor customers are labels of any series.
"""

from deploy.grafana import lead_details as details
from deploy.grafana.board import Board, Choice, Row
from deploy.grafana.pieces import ABOVE_ZERO, NUMBER, SECONDS, SHARE, Column, Limits, Panel, Query, Says, rows_by, tile
from deploy.grafana.queries import RANGE, grown, mean, most, quantile, share

REGION, CATEGORY = '{region=~"$region"}', '{category=~"$category"}'
# Of what was opened less than this is resolved: it piles up.
_RESOLVED = Limits(orange=0.9, red=0.7, falling=True)
_SATISFIED = Limits(orange=0.7, red=0.5, falling=True)


def board() -> Board:
    purpose = (
        "How are customers served? From the top: what needs somebody now, how it went over the time that is shown, "
        "where it goes badly, why. Regions chosen above act on what is by region, categories on what is by category."
    )
    chosen = [
        Choice("region", "ombud_region_cases_opened_total"),
        Choice("category", "ombud_category_cases_opened_total"),
    ]
    rows = [_now(), _served(), _where(), details.trends(), details.escalations(), details.desks()]
    return Board("ombud-lead", "Ombud: supervisor lead", purpose, "7d", rows, chosen)


def _now() -> Row:
    tiles = [
        _count(
            "Open cases",
            "All that are not resolved. Grows from day to day: more come than are resolved; see below where.",
            "sum(max by (state) (ombud_cases_open))",
        ),
        _count(
            "Told, and nobody took it",
            "Cases at a level whose people have not answered yet. They climb by themselves; "
            "many for long: who is on duty?",
            most('ombud_cases_open{state="escalated"}'),
        ),
        _bad(
            "No level left",
            "Nobody answered at any level. Take them, or name somebody who does: the case page says why.",
            most('ombud_cases_open{state="exhausted"}'),
            "OmbudCaseExhausted",
        ),
        _bad(
            "Clock broken",
            "Open cases that were not answered, or not resolved, in the time that was promised. Take these first.",
            most("ombud_cases_overdue"),
        ),
        _count(
            "Wait for an agent",
            "Without an owner now. Below, by reason: what is missing are agents, skills or hours.",
            "sum(max by (reason) (ombud_complaints_waiting))",
        ),
        tile(
            Says(
                "Longest wait for an agent",
                "Above what you promised: give it to somebody by hand, or take agents in.",
                SECONDS,
                Limits(orange=3600, red=4 * 3600),
                ["OmbudComplaintsWaitLong"],
            ),
            Query(most("ombud_complaints_waiting_oldest_seconds")),
        ),
    ]
    return Row("What needs somebody now?", tiles)


def _count(title: str, to_do: str, expr: str) -> Panel:
    return tile(Says(title, to_do), Query(expr), decimals=0)


def _bad(title: str, to_do: str, expr: str, *alerts: str) -> Panel:
    return tile(Says(title, to_do, limits=ABOVE_ZERO, alerts=alerts), Query(expr), decimals=0)


def _served() -> Row:
    """Over the time that is shown, in the regions that are chosen."""
    first, done = "ombud_region_first_answer_seconds", "ombud_region_resolution_seconds"
    kept = share(grown('ombud_clocks_stopped_total{outcome="kept"}'), grown("ombud_clocks_stopped_total"))
    promised = Says(
        "Promises kept in time",
        "Answers and resolutions that came before their clock broke. Falls: which, see below.",
        SHARE,
        Limits(orange=0.95, red=0.9, falling=True),
        empty="none yet",
    )
    rate = Says(
        "Resolution rate",
        "Resolved of those opened, or opened again, in this time. Below 1 for weeks: it piles up.",
        SHARE,
        _RESOLVED,
        empty="none yet",
    )
    liked = Says(
        "Satisfaction",
        "Mean of the first ratings, 0 to 1. Compare it over the same time before, not with a target.",
        SHARE,
        _SATISFIED,
        empty="no rating yet",
    )
    tiles = [
        tile(rate, Query(_rate(REGION, "region", ())), width=3, decimals=0),
        tile(promised, Query(kept), width=3, decimals=0),
        tile(liked, Query(mean("ombud_region_satisfaction_ratio", where=REGION)), width=3, decimals=0),
        *_times("First answer", "the customer heard from us", first, 5),
        *_times("Resolution", "it was resolved", done, 5),
        *_times(
            "Taken by a supervisor",
            "somebody took the case after it went up",
            "ombud_region_acknowledgement_seconds",
            5,
        ),
    ]
    return Row("How was it, over the time that is shown?", tiles)


def _times(title: str, until: str, metric: str, width: int) -> list[Panel]:
    to_do = (
        f"How long until {until}: half of them, and nine of ten. Far apart: few are far too late; the tables say where."
    )
    queries = [
        Query(quantile(0.5, metric, within=RANGE, where=REGION), "half"),
        Query(quantile(0.9, metric, within=RANGE, where=REGION), "nine of ten"),
    ]
    return [tile(Says(title, to_do, SECONDS, empty="none yet"), *queries, width=width)]


def _rate(where: str, kind: str, by: tuple[str, ...]) -> str:
    opened, again, resolved = (
        grown(f"ombud_{kind}_cases_{what}_total{where}", by) for what in ("opened", "reopened", "resolved")
    )
    return f"{resolved} / ({opened} + {again} > 0)"


def _where() -> Row:
    return Row("Where does it go well, and where not?", [_table("region", REGION), _table("category", CATEGORY)])


def _table(kind: str, where: str) -> Panel:
    name, by = f"ombud_{kind}", (kind,)
    says = Says(
        f"By {kind}",
        f"The lowest resolution rate first. Slow first answers: too few agents for this {kind}. Slow resolutions after "
        "quick answers: something they cannot decide. Many opened again: what was called resolved was not.",
        empty="none yet",
    )
    columns = [
        Column("Opened", grown(f"{name}_cases_opened_total{where}", by), NUMBER, decimals=0),
        Column("Opened again", grown(f"{name}_cases_reopened_total{where}", by), NUMBER, decimals=0),
        Column("Resolved", _rate(where, kind, by), SHARE, _RESOLVED, 0),
        *(
            Column(f"{title}, {each}", quantile(q, f"{name}_{metric}_seconds", by, RANGE, where), SECONDS)
            for title, metric in (("First answer", "first_answer"), ("Resolution", "resolution"))
            for each, q in (("half", 0.5), ("9 of 10", 0.9))
        ),
        Column("Taken, half", quantile(0.5, f"{name}_acknowledgement_seconds", by, RANGE, where), SECONDS),
        Column("Satisfaction", mean(f"{name}_satisfaction_ratio", by, RANGE, where), SHARE, _SATISFIED, 0),
    ]
    return rows_by(says, {kind: kind.capitalize()}, columns, width=24, height=8)
