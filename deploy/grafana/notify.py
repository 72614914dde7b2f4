"""The dashboard of notify, whose own work is the longest: planned, sent, answered, by channel and provider."""

from deploy.grafana import service
from deploy.grafana.board import Board, Row
from deploy.grafana.pieces import ABOVE_ZERO, NUMBER, SECONDS, Column, Limits, Panel, Query, Says, lines, rows_by
from deploy.grafana.queries import HOUR, grown, most, quantile


def board() -> Board:
    own = Row("Its work: alerts", [*_sending(), *_trouble(), *_answers()])
    return service.board("notify", "Do alerts leave, do they arrive, and do answers come back?", own)


def _sending() -> list[Panel]:
    return [
        lines(
            Says(
                "Alerts by what became of them, each hour",
                "`failed` or `ambiguous` grow: see the reasons, and the providers.",
            ),
            Query(grown("ombud_alerts_total", ["outcome"], HOUR), "{{outcome}}"),
        ),
        lines(
            Says(
                "Until a provider took it, 95 of 100",
                "Above 60 s people hear late. One channel: its provider. All: notify, or what lies before it.",
                SECONDS,
                Limits(orange=15, red=60),
            ),
            Query(quantile(0.95, "ombud_alert_acceptance_seconds", ["channel"]), "{{channel}}"),
        ),
        lines(
            Says(
                "Open alerts", "`pending` grows: senders are stuck, or a provider is away.", alerts=["OmbudAlertsLate"]
            ),
            Query(most("ombud_alerts_open", ["state"]), "{{state}}"),
            stacked=True,
        ),
        lines(
            Says(
                "What was planned, each hour",
                "`nobody`, `unreachable`: a level that no alert reaches; its case climbs at once. Mend the contacts.",
                alerts=["OmbudLevelReachedNobody"],
            ),
            Query(grown("ombud_alert_plans_total", ["state"], HOUR), "{{state}}"),
        ),
        lines(
            Says(
                "Why alerts ended, each hour",
                "`login_refused`, `wrong_settings`: yours to mend. `no_address`: the contacts.",
            ),
            Query(f"topk(8, {grown('ombud_alerts_by_reason_total', ['reason'], HOUR)} > 0)", "{{reason}}"),
        ),
        lines(
            Says(
                "Late alerts",
                "How late the one is that was due first. Above a minute: alerts wait. Does `send_alerts` turn?",
                SECONDS,
                Limits(red=60),
                ["OmbudAlertsLate"],
            ),
            Query(most("ombud_alerts_due_oldest_seconds"), "oldest"),
        ),
    ]


def _trouble() -> list[Panel]:
    channels = Says(
        "Channels",
        "Planned by channel, and in doubt: those may have arrived. Doubts in one channel: its provider loses answers.",
        alerts=["OmbudProviderRefusesUs"],
    )
    by = ["channel"]
    columns = [
        Column("In doubt", grown("ombud_alerts_in_doubt_total", by), NUMBER, ABOVE_ZERO, 0),
        Column("Planned", grown("ombud_alerts_planned_total", by), decimals=0),
        Column("Refused to us", grown("ombud_provider_faults_total", by), NUMBER, ABOVE_ZERO, 0),
    ]
    providers = Says(
        "Providers held to be away",
        "1 while nothing is sent there. Often up and down: ask the provider.",
        alerts=["OmbudProviderAway"],
    )
    books = Says(
        "Books, and outcomes that came too late",
        "Unaccounted must be 0: `ombud audit`. Fenced grows: sends take longer than their lease.",
        alerts=["OmbudAlertsUnaccounted"],
    )
    return [
        rows_by(channels, {"channel": "Channel"}, columns, width=8, height=8),
        lines(
            providers, Query(most("ombud_provider_breakers_open", ["channel", "provider"]), "{{channel}}: {{provider}}")
        ),
        lines(
            books,
            Query(most("ombud_alerts_unaccounted"), "unaccounted"),
            Query(grown("ombud_alert_outcomes_fenced_total", (), HOUR), "fenced"),
        ),
    ]


def _answers() -> list[Panel]:
    receipts = Says(
        "Receipts, each hour",
        "What providers told afterwards. `failed` grows: alerts that were taken do not arrive. None: set callbacks up.",
    )
    answers = Says(
        "Answers by text message and button, each hour",
        "`not_understood`, `expired`, `invalid` grow: people answer in another way than the alert says.",
    )
    beats = Says(
        "Heartbeats and text messages paid, each hour",
        "`failed`, `withheld`: the watcher outside will call. Segments are what the provider bills.",
        alerts=["OmbudHeartbeatFails"],
    )
    return [
        lines(receipts, Query(grown("ombud_receipts_total", ["kind", "effect"], HOUR), "{{kind}}: {{effect}}")),
        lines(
            answers,
            Query(grown("ombud_replies_total", ["what"], HOUR), "message: {{what}}"),
            Query(grown("ombud_button_presses_total", ["what"], HOUR), "button: {{what}}"),
        ),
        lines(
            beats,
            Query(grown("ombud_heartbeats_total", ["outcome"], HOUR), "beat: {{outcome}}"),
            Query(grown("ombud_sms_segments_total", ["encoding"], HOUR), "segments: {{encoding}}"),
        ),
    ]
