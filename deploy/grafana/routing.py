"""The dashboard of routing: does each complaint find an agent, and if not, what is missing?"""

from deploy.grafana import service
from deploy.grafana.board import Board, Row
from deploy.grafana.pieces import ABOVE_ZERO, NUMBER, SECONDS, Column, Limits, Panel, Query, Says, lines, rows_by
from deploy.grafana.queries import HOUR, grown, most, quantile


def board() -> Board:
    purpose = "Does routing give each complaint to somebody, and if not, what is missing?"
    return service.board("routing", purpose, Row("Its work: finding an agent", [*_waiting(), *_assigned(), *_agents()]))


def _waiting() -> list[Panel]:
    return [
        lines(
            Says(
                "Waiting, by reason",
                "Grows while agents are there: is `assign_waiting` turning? Else it is the lead's matter.",
                alerts=["OmbudComplaintsWaitLong"],
            ),
            Query(most("ombud_complaints_waiting", ["reason"]), "{{reason}}"),
            stacked=True,
        ),
        lines(
            Says("Oldest that waits", "The one that waits longest for an agent.", SECONDS, Limits(red=4 * 3600)),
            Query(most("ombud_complaints_waiting_oldest_seconds"), "oldest"),
        ),
        lines(
            Says(
                "Wait for the first agent",
                "Half, and 95 of 100. Seconds when agents are free; else look left.",
                SECONDS,
            ),
            Query(quantile(0.5, "ombud_assignment_wait_seconds", (), HOUR), "half"),
            Query(quantile(0.95, "ombud_assignment_wait_seconds", (), HOUR), "95 of 100"),
        ),
    ]


def _assigned() -> list[Panel]:
    return [
        lines(
            Says("Assigned, queued, released, each hour", "Stands still while complaints come: routing hangs."),
            Query(grown("ombud_assignments_total", ["outcome"], HOUR), "{{outcome}}"),
        ),
        lines(
            Says("Taken back from agents, each hour", "`no_answer` grows: agents do not see what they are given."),
            Query(grown("ombud_assignments_lost_total", ["reason"], HOUR), "{{reason}}"),
        ),
        lines(
            Says(
                "Needs relaxed, each hour", "Complaints go to whoever is left. Grows: a language or a skill is missing."
            ),
            Query(grown("ombud_relaxations_total", (), HOUR), "relaxed"),
        ),
    ]


def _agents() -> list[Panel]:
    return [
        lines(
            Says("Agents by status", "What the roster and presence say. All `offline`: does presence still come in?"),
            Query(most("ombud_agents", ["status"]), "{{status}}"),
            stacked=True,
        ),
        lines(
            Says(
                "Agents at work by load",
                "Most `full`: more agents, or more capacity. `over`: somebody assigns by hand.",
            ),
            Query(most("ombud_agents_by_load", ["load"]), "{{load}}"),
            stacked=True,
        ),
        rows_by(
            Says("What the agents cannot do", "Needs that nobody meets under the policy. Above 0: tell the lead."),
            {"kind": "What"},
            [Column("How many", most("ombud_policy_findings", ["kind"]), NUMBER, ABOVE_ZERO, 0)],
            width=8,
            height=8,
        ),
    ]
