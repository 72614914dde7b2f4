"""The dashboard of intake: is everything taken in, and is it read well?"""

from deploy.grafana import service
from deploy.grafana.board import Board, Row
from deploy.grafana.pieces import SECONDS, SHARE, Limits, Panel, Query, Says, lines
from deploy.grafana.queries import HOUR, grown, quantile


def board() -> Board:
    purpose = "Does intake take in what is sent, and does it read it well?"
    return service.board("intake", purpose, Row("Its work: taking in and reading", [*_taken(), *_read(), *_refused()]))


def _taken() -> list[Panel]:
    return [
        lines(
            Says(
                "Complaints by severity, each hour",
                "All stand still: ask the senders. `critical` grows: tell the lead.",
            ),
            Query(grown("ombud_complaints_total", ["severity"], HOUR), "{{severity}}"),
            stacked=True,
        ),
        lines(
            Says(
                "Complaints by source, each hour", "One that always sends falls silent: ask it, or look at its webhook."
            ),
            Query(grown("ombud_complaints_by_source_total", ["source"], HOUR), "{{source}}"),
            stacked=True,
        ),
        lines(
            Says(
                "Complaints by language, each hour",
                "The five most frequent. One in which nobody can answer: tell the lead.",
            ),
            Query(f"topk(5, {grown('ombud_complaints_by_language_total', ['language'], HOUR)} > 0)", "{{language}}"),
        ),
    ]


def _read() -> list[Panel]:
    return [
        lines(
            Says(
                "How sure it read",
                "Median, 0 is a guess. Falls: customers write otherwise than the rules expect; see docs/rules.md.",
                SHARE,
            ),
            Query(quantile(0.5, "ombud_classifier_confidence_ratio", ["about"], HOUR), "{{about}}"),
        ),
        lines(
            Says("Time to read one, 95 of 100", "Above 0.05 s: a rule of your own is slow.", SECONDS, Limits(red=0.05)),
            Query(quantile(0.95, "ombud_classifier_duration_seconds"), "95 of 100"),
        ),
        lines(
            Says(
                "Refused, repeated, put right, each hour",
                "Limited: a sender sends too much. Repeated: it repeats without end. Put right: rules read badly.",
            ),
            Query(grown("ombud_requests_limited_total", ["limit"], HOUR), "limited by {{limit}}"),
            Query(grown("ombud_contacts_repeated_total", (), HOUR), "repeated"),
            Query(grown("ombud_complaints_corrected_total", ["field"], HOUR), "put right: {{field}}"),
        ),
    ]


def _refused() -> list[Panel]:
    return [
        lines(
            Says(
                "Webhooks, each hour",
                "`quarantined`: their form changed. `forged`: a wrong secret, or a stranger.",
                alerts=["OmbudWebhooksForged"],
                empty="no webhooks",
            ),
            Query(grown("ombud_webhooks_total", ["source", "outcome"], HOUR), "{{source}}: {{outcome}}"),
            width=16,
        ),
        lines(
            Says(
                "Changed rules, each hour",
                "`refused`: the file has a mistake, which the log names; the rules before are in force.",
                alerts=["OmbudRulesRefused"],
            ),
            Query(grown("ombud_rules_reloads_total", ["outcome"], HOUR), "{{outcome}}"),
        ),
    ]
