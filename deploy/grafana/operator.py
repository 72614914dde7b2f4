"""The dashboard of whoever runs Ombud: do the promises hold, what breaks them, what waits, what is broken."""

from deploy.grafana import operator_parts as parts
from deploy.grafana.board import Board, Row
from deploy.grafana.pieces import (
    ABOVE_ZERO,
    EACH_SECOND,
    NUMBER,
    SHARE,
    TIMES,
    Column,
    Limits,
    Panel,
    Query,
    Says,
    lines,
    rows_by,
    tile,
)
from deploy.grafana.queries import most, per_second

_BURNS = ("OmbudPromiseBreaksFast", "OmbudPromiseBreaksSlowly")
# 1 spends the budget of 30 days in just these; 6 and 14.4 are where the alerts stand.
_BURN = Limits(orange=1, red=6)
_FIRES = 'ALERTS{alertname=~"Ombud.+", alertstate="firing", severity!="heartbeat"}'
_SCRAPED = 'up{service=~"intake|routing|escalation|notify|rabbitmq"}'
_PROMISES = {
    "1": "1 Accepted is never lost",
    "2": "2 Nobody is forgotten",
    "3": "3 It reaches someone",
    "4": "4 Nobody is told twice",
    "5": "5 Decisions explain themselves",
}


def board() -> Board:
    purpose = "Do the five promises hold? From the top: what is broken, by what, what waits, which part of Ombud it is."
    rows = [_promises(), _burning(), parts.waiting(), parts.alerts(), parts.letters(), parts.parts()]
    return Board("ombud-operator", "Ombud: operator", purpose, "6h", rows)


def _promises() -> Row:
    return Row(
        "Do the promises hold?", [*map(_promise, _PROMISES), _firing_count(), *_books(), _indicators(), _firing()]
    )


def _promise(number: str) -> Panel:
    to_do = (
        "How many times as fast as its objective allows the month's budget was spent in the last hour. Red: look at "
        "the table below for the indicator, then at its heading in the runbook. No figure: nothing happened."
    )
    burn = f'max(sli:ombud_budget_burn:ratio_rate1h{{promise="{number}"}} >= 0)'
    return tile(Says(_PROMISES[number], to_do, TIMES, _BURN, _BURNS, "nothing happened"), Query(burn), decimals=1)


def _firing_count() -> Panel:
    to_do = "How many alerts of Ombud fire, the heartbeat apart. Above 0: read the list below, from the top."
    return tile(Says("Alerts that fire", to_do, NUMBER, ABOVE_ZERO), Query(f"sum({_FIRES}) or vector(0)"), decimals=0)


def _books() -> list[Panel]:
    return [
        tile(
            Says(
                "Books of the alerts",
                "Alerts of the last day that broke the book-keeping. Must be 0; else run `ombud audit`.",
                limits=ABOVE_ZERO,
                alerts=["OmbudAlertsUnaccounted"],
            ),
            Query(most("ombud_alerts_unaccounted")),
        ),
        tile(
            Says(
                "Books of the cases",
                "Cases that nothing would move any more. Must be 0; else run `ombud audit`.",
                limits=ABOVE_ZERO,
                alerts=["OmbudAuditFindings"],
            ),
            Query("sum(max by (finding) (ombud_audit_findings))"),
        ),
        tile(
            Says(
                "Cases nobody answered",
                "No level is left, and nobody has taken them. Above 0: call somebody, now.",
                limits=ABOVE_ZERO,
                alerts=["OmbudCaseExhausted"],
            ),
            Query(most('ombud_cases_open{state="exhausted"}')),
        ),
        tile(
            Says(
                "Dead letters",
                "Each is somebody's complaint, answer or alert. Above 0: `ombud deadletters list`, mend, replay.",
                limits=ABOVE_ZERO,
                alerts=["OmbudDeadLetters", "OmbudDeadLettersGrow"],
            ),
            Query("sum(max by (service, reason) (ombud_dead_letters))"),
        ),
        tile(
            Says(
                "Last resort",
                "1: somebody hears of what nobody answered. 0: set OMBUD_LAST_RESORT, and a channel that leads there.",
                limits=Limits(orange=1, red=1, falling=True),
                alerts=["OmbudLastResortMissing", "OmbudLastResortUnreachable"],
            ),
            Query("min(ombud_last_resort_configured * ombud_last_resort_reachable)"),
        ),
        tile(
            Says(
                "Replicas away",
                "Replicas and brokers that Prometheus cannot scrape. Above 0: see which below, and start it.",
                limits=ABOVE_ZERO,
                alerts=["OmbudServiceAbsent", "OmbudReplicaAway", "OmbudBrokerAway"],
            ),
            Query(f"count({_SCRAPED}) - sum({_SCRAPED})"),
        ),
    ]


def _indicators() -> Panel:
    says = Says(
        "Indicators and their budgets",
        "Each promise by what is counted of it. Worst first. Above 14.4 over an hour somebody is called; above 1 over "
        "three days the promise will not be kept this month. The runbook says of each what to look at.",
        alerts=_BURNS,
    )
    burns = [
        Column(
            f"Burn, {window}",
            f"sum by (sli, promise) (sli:ombud_budget_burn:ratio_rate{window} >= 0)",
            TIMES,
            _BURN,
            1,
        )
        for window in ("1h", "6h", "3d")
    ]
    objective = Column("Objective", "sum by (sli, promise) (sli:ombud_objective:ratio)", SHARE, decimals=1)
    return rows_by(says, {"sli": "Indicator", "promise": "Promise"}, [*burns, objective], width=14, height=10)


def _firing() -> Panel:
    says = Says(
        "What fires",
        "`page` wakes somebody, `workday` waits for the next working day. Each has a heading in the runbook that says "
        "what it means, how to look, what to do. Symptoms whose cause fires too end with it.",
        empty="nothing",
    )
    # The promises have an indicator, all others a service.
    about = f'label_join({_FIRES}, "about", "", "service", "sli")'
    firing = f"count by (severity, alertname, about) ({about})"
    labels = {"severity": "For", "alertname": "Alert", "about": "About"}
    return rows_by(says, labels, [Column("How many", firing, decimals=0)], 10, 10, by="For")


def _burning() -> Row:
    burn = Says(
        "How fast budgets burn, over an hour",
        "When did it begin? Compare with rollouts and with what changed elsewhere.",
        TIMES,
        Limits(orange=1, red=6),
        _BURNS,
    )
    bad = Says(
        "What went wrong within an hour",
        "How many things stand behind a burn: fewer than five page nobody. Read the logs of just these minutes.",
        alerts=_BURNS,
    )
    requests = Says(
        "Requests that failed",
        "Answered with a 5xx: a fault of Ombud, or its database. Look at the log of the service for `request_failed`.",
        EACH_SECOND,
        alerts=["OmbudDoorsFail"],
    )
    failed = per_second('ombud_http_requests_total{status="5xx"}', ["service"])
    return Row(
        "What burns?",
        [
            lines(burn, Query("sum by (sli) (sli:ombud_budget_burn:ratio_rate1h >= 0)", "{{sli}}")),
            lines(bad, Query("sum by (sli) (sli:ombud_bad:increase1h)", "{{sli}}")),
            lines(requests, Query(failed, "{{service}}")),
        ],
    )
