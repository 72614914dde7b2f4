"""What lies below the tables of the supervisor lead: trends, why cases go up, who is there. Called by lead.py."""

from deploy.grafana.board import Row
from deploy.grafana.pieces import ABOVE_ZERO, NUMBER, SECONDS, SHARE, Column, Limits, Panel, Query, Says, lines, rows_by
from deploy.grafana.queries import RANGE, grown, mean, most, quantile

_DAY = "1d"


def trends() -> Row:
    flow = Says(
        "Opened and resolved, each day", "Opened stays above resolved: the open ones grow. Which category grows first?"
    )
    opened = grown("ombud_category_cases_opened_total", ["category"], _DAY)
    return Row(
        "Does it get better?",
        [
            lines(
                flow,
                Query(grown('ombud_region_cases_opened_total{region=~"$region"}', (), _DAY), "opened"),
                Query(grown('ombud_region_cases_resolved_total{region=~"$region"}', (), _DAY), "resolved"),
                Query(grown('ombud_region_cases_reopened_total{region=~"$region"}', (), _DAY), "opened again"),
            ),
            _over_time(
                "First answer, 9 of 10, by region", "Rises in one region: its agents, or its hours.", "first_answer"
            ),
            _over_time(
                "Resolution, 9 of 10, by region", "Rises in one region: its coordinator knows why.", "resolution"
            ),
            lines(
                Says(
                    "Opened by category, each day",
                    "One grows out of turn: a product, a parcel service, a bill. Find the cause.",
                ),
                Query(opened.replace("_total[", '_total{category=~"$category"}['), "{{category}}"),
                stacked=True,
            ),
            lines(
                Says(
                    "Satisfaction by region",
                    "Falls after answers became slower, or resolutions thinner? See left.",
                    SHARE,
                ),
                Query(mean("ombud_region_satisfaction_ratio", ["region"], _DAY, '{region=~"$region"}'), "{{region}}"),
            ),
            lines(
                Says(
                    "Clocks that ran out, each day",
                    "`warned` is in time to act; `broken` is too late. Both grow: too much work.",
                ),
                Query(grown("ombud_clock_marks_total", ["mark"], _DAY), "{{mark}}"),
            ),
        ],
    )


def _over_time(title: str, to_do: str, metric: str) -> Panel:
    asked = quantile(0.9, f"ombud_region_{metric}_seconds", ["region"], _DAY, '{region=~"$region"}')
    return lines(Says(title, to_do, SECONDS), Query(asked, "{{region}}"))


def escalations() -> Row:
    reasons = Says(
        "Why cases went up",
        "`unassigned`, `overdue`: too few agents. `asked`, `anger`: how they are answered. `unanswered`: supervisors "
        "do not answer. `unreachable`: nobody on duty has an address that works.",
        alerts=["OmbudLevelReachedNobody"],
    )
    column = Column("How often", f"{grown('ombud_escalations_total', ['reason'])} > 0", decimals=0)
    levels = Says("Moved to a level, each day", "Upper levels grow: the lower ones do not answer, or cannot decide.")
    stand = Says("Open cases by level", "Level 0 is with its agent. The upper levels grow: ask them what they lack.")
    taken = Says(
        "Until somebody took it",
        "Half, and nine of ten, after the latest alert. Above what the policy gives a level: "
        "it climbs on, and one more is told.",
        SECONDS,
    )
    asked = Says(
        "Customer asked for a supervisor",
        "How long until one took it, over the time that is shown.",
        SECONDS,
        empty="nobody asked",
    )
    storms = Says(
        "Storms",
        "Many complaints about one thing, held together as one case. Above 0: find the one thing.",
        limits=ABOVE_ZERO,
    )
    wait = "ombud_supervisor_wait_seconds"
    return Row(
        "Do supervisors answer?",
        [
            rows_by(reasons, {"reason": "Reason"}, [column], width=8, height=8),
            lines(levels, Query(grown("ombud_escalations_total", ["level"], _DAY), "level {{level}}"), stacked=True),
            lines(stand, Query(most("ombud_cases_open_by_level", ["level"]), "level {{level}}"), stacked=True),
            lines(
                taken,
                Query(quantile(0.5, "ombud_acknowledgement_seconds", (), _DAY), "half"),
                Query(quantile(0.9, "ombud_acknowledgement_seconds", (), _DAY), "nine of ten"),
            ),
            lines(
                asked,
                Query(quantile(0.5, wait, (), RANGE), "half"),
                Query(quantile(0.9, wait, (), RANGE), "nine of ten"),
            ),
            lines(storms, Query(most("ombud_storms"), "storms")),
        ],
    )


def desks() -> Row:
    """How many people there are, never who."""
    findings = Says(
        "What the policy cannot do",
        "A level, an hour or a need without anybody. Above 0: name somebody; `ombud doctor` says where.",
        empty="nothing",
    )
    kinds = "max by (kind) (ombud_policy_findings) or max by (kind) (ombud_escalation_policy_findings)"
    load = ["ombud_agents_load_points", "ombud_agents_capacity_points"]
    used = " / ".join(f'sum(max by (status) ({each}{{status=~"available|busy"}}))' for each in load)
    return Row(
        "Are there enough people?",
        [
            lines(
                Says(
                    "Complaints without an agent, by reason",
                    "`nobody_qualified`: a language or a skill is missing. "
                    "`all_full`: too few. `out_of_hours`: they wait for the morning.",
                ),
                Query(most("ombud_complaints_waiting", ["reason"]), "{{reason}}"),
                stacked=True,
            ),
            lines(
                Says(
                    "Agents by status", "How many are there to be given something. None `available`: everything waits."
                ),
                Query(most("ombud_agents", ["status"]), "{{status}}"),
                stacked=True,
            ),
            lines(
                Says(
                    "Load of those at work",
                    "Points taken of points there are. Near 1: what comes next waits.",
                    SHARE,
                    Limits(orange=0.8, red=0.95),
                ),
                Query(f"{used} >= 0", "taken"),
                width=8,
            ),
            lines(
                Says(
                    "Wait for the first agent",
                    "Half, and nine of ten. Rises before complaints break their clocks.",
                    SECONDS,
                ),
                Query(quantile(0.5, "ombud_assignment_wait_seconds", (), _DAY), "half"),
                Query(quantile(0.9, "ombud_assignment_wait_seconds", (), _DAY), "nine of ten"),
            ),
            lines(
                Says(
                    "Taken back from agents, each day",
                    "Without an answer, declined, or gone. Grows: ask the agents why.",
                ),
                Query(grown("ombud_assignments_lost_total", ["reason"], _DAY), "{{reason}}"),
            ),
            rows_by(
                findings, {"kind": "What"}, [Column("How many", f"({kinds})", NUMBER, ABOVE_ZERO, 0)], width=8, height=8
            ),
        ],
    )
