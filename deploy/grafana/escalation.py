"""The dashboard of escalation: are deadlines kept, and do cases climb when nobody answers?"""

from deploy.grafana import service
from deploy.grafana.board import Board, Row
from deploy.grafana.pieces import ABOVE_ZERO, NUMBER, SECONDS, Column, Limits, Panel, Query, Says, lines, rows_by
from deploy.grafana.queries import HOUR, grown, most, quantile


def board() -> Board:
    purpose = "Does escalation keep deadlines, and do cases climb when nobody answers?"
    return service.board(
        "escalation", purpose, Row("Its work: cases and deadlines", [*_cases(), *_moved(), *_answered(), *_audited()])
    )


def _cases() -> list[Panel]:
    return [
        lines(
            Says(
                "Open cases by state",
                "`exhausted` above 0: call somebody. All grow: see the lead's dashboard.",
                alerts=["OmbudCaseExhausted"],
            ),
            Query(most("ombud_cases_open", ["state"]), "{{state}}"),
            stacked=True,
        ),
        lines(
            Says(
                "Deadlines done late by, 99 of 100",
                "Above 5 s the indicator `on_time` suffers: does `climb_due` turn?",
                SECONDS,
                Limits(red=5),
                ["OmbudDeadlinesLate"],
            ),
            Query(quantile(0.99, "ombud_due_lag_seconds"), "99 of 100"),
            Query(most("ombud_due_oldest_seconds"), "oldest that waits"),
        ),
    ]


def _moved() -> list[Panel]:
    return [
        lines(
            Says("Escalations by level, each hour", "Many at once: a storm, or an outage that is being worked off."),
            Query(grown("ombud_escalations_total", ["level"], HOUR), "level {{level}}"),
            stacked=True,
        ),
        lines(
            Says(
                "Why, each hour",
                "`unreachable`: addresses or providers; `unassigned`: routing; the others are the lead's.",
            ),
            Query(f"topk(8, {grown('ombud_escalations_total', ['reason'], HOUR)} > 0)", "{{reason}}"),
        ),
    ]


def _answered() -> list[Panel]:
    return [
        lines(
            Says(
                "Clocks that run", "`broken` grows while people are there: are answers of upstream systems coming in?"
            ),
            Query(most("ombud_clocks", ["state"]), "{{state}}"),
            stacked=True,
        ),
        lines(
            Says("What people did, each hour", "Nothing for hours, while cases go up: do links in the alerts work?"),
            Query(f"topk(8, {grown('ombud_case_answers_total', ['answer'], HOUR)} > 0)", "{{answer}}"),
        ),
    ]


def _audited() -> list[Panel]:
    return [
        lines(
            Says(
                "Auditor",
                "What it finds is a fault of Ombud: `ombud audit`, and tell its authors.",
                alerts=["OmbudAuditFindings", "OmbudCasesPutOff"],
            ),
            Query(most("ombud_audit_findings", ["finding"]), "found: {{finding}}"),
            Query(grown("ombud_audit_repairs_total", ["finding"], HOUR), "repaired: {{finding}}"),
            Query(grown("ombud_due_put_off_total", (), HOUR), "put off"),
        ),
        lines(
            Says("Storms", "Held together as one case. Above 0: one cause, many complaints.", limits=ABOVE_ZERO),
            Query(most("ombud_storms"), "storms"),
        ),
        rows_by(
            Says("What the ladder cannot do", "Levels without anybody under the policy. Above 0: tell the lead."),
            {"kind": "What"},
            [Column("How many", most("ombud_escalation_policy_findings", ["kind"]), NUMBER, ABOVE_ZERO, 0)],
            width=8,
            height=8,
        ),
    ]
