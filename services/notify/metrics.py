"""Every series that notify exposes beside the plumbing's."""

from collections.abc import Collection, Mapping
from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram

from services.notify.channels.sms_text import Encoding
from services.notify.domain.alert import OPEN, Alert, AlertState, ChannelName, EscalationState, Purpose
from services.notify.domain.click import Pressed
from services.notify.domain.optout import Word
from services.notify.domain.outcomes import OPERATOR_FAULTS, Accepted, Ambiguous, Outcome, Permanent, Reason
from services.notify.domain.policy import InDoubt
from services.notify.domain.receipts import Effect, ReceiptKind
from services.notify.domain.reply import Made

OUTCOMES = ("accepted", "delivered", "failed", "suppressed", "ambiguous", "retried")
ALERTS = Counter(
    "ombud_alerts_total",
    "Alerts by how they ended, and what receipts told of them; attempts that are tried again",
    ["channel", "outcome"],
)
BY_REASON = Counter(
    "ombud_alerts_by_reason_total", "Ends of alerts, and what receipts told of them, by reason", ["reason"]
)
PLANNED = Counter("ombud_alerts_planned_total", "Alerts that came into being, fallbacks included", ["channel"])
WAITING = Gauge("ombud_alerts_open", "Alerts that have not ended, at the last look", ["state"])
OLDEST = Gauge("ombud_alerts_due_oldest_seconds", "How late the alert is that was due first, 0 = none is")
ACCEPTANCE = Histogram(
    "ombud_alert_acceptance_seconds",
    "From the event that caused an alert until a provider took it",
    ["channel"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800),
)
DELIVERY = Histogram(
    "ombud_alert_delivery_seconds",
    "From the event that caused an alert until its provider said that it was delivered; not every provider says so",
    ["channel"],
    buckets=(1, 2.5, 5, 15, 60, 300, 1800, 3600, 4 * 3600, 24 * 3600),
)
UNACCOUNTED = Gauge("ombud_alerts_unaccounted", "Alerts of the last day that broke the book-keeping; must be 0")
FAULTS = Counter(
    "ombud_provider_faults_total", "Attempts that failed on what only an operator can mend", ["channel", "reason"]
)
ESCALATIONS = Counter("ombud_alert_plans_total", "What was made of an escalation told to notify", ["purpose", "state"])
REPLIES = Counter("ombud_replies_total", "Answers to text messages by what was made of them", ["what"])
PRESSES = Counter("ombud_button_presses_total", "Buttons pressed in chats by what was made of them", ["what"])
STRANGERS = Counter("ombud_replies_from_strangers_total", "Text messages from numbers that no contact has")
OPT_OUTS = Counter("ombud_opt_outs_total", "Numbers that want no more text messages, and want them again", ["word"])
RECEIPTS = Counter(
    "ombud_receipts_total", "What providers told of alerts after they took them, by what it did", ["kind", "effect"]
)
UNREADABLE_REPORTS = Counter("ombud_bounces_unreadable_total", "Mails to the sender of ours that were no report")
UNKNOWN_RECEIPTS = Counter("ombud_receipts_unknown_total", "Receipts of messages that no alert is known by")
LAST_RESORT = Gauge("ombud_last_resort_configured", "1 when somebody hears of what nobody answered; 0 is an alarm")
LAST_RESORT_REACHABLE = Gauge(
    "ombud_last_resort_reachable", "1 when a configured channel leads to the last resort; 0 is an alarm"
)
HEARTBEATS = Counter(
    "ombud_heartbeats_total",
    "Beats for the watcher outside: sent, failed, or withheld as notify was not well",
    ["outcome"],
)
FENCED = Counter(
    "ombud_alert_outcomes_fenced_total", "Outcomes that were dropped because their alert had gone on without them"
)
# Of a channel where each address is a host of its own: how many hosts are. Made at zero by each breaker.
BREAKERS_OPEN = Gauge("ombud_provider_breakers_open", "1 while a provider is held to be away", ["channel", "provider"])
BREAKER_STATES = ("open", "closed")
BREAKERS = Counter(
    "ombud_provider_breaker_changes_total",
    "Times that a provider was held to be away, or back",
    ["channel", "provider", "to"],
)
IN_DOUBT_THEN = ("left", "again", "found", "not_found")
IN_DOUBT = Counter(
    "ombud_alerts_in_doubt_total", "Alerts that may have arrived, by what became of the doubt", ["channel", "then"]
)
DIGEST_OUTCOMES = ("accepted", "failed", "ambiguous", "retried")
DIGESTS = Counter("ombud_digests_total", "Mails that tell of several cases, by what became of them", ["outcome"])
DIGEST_ALERTS = Histogram(
    "ombud_digest_alerts", "Alerts in one digest that a provider took", buckets=(2, 5, 10, 20, 30, 40, 50, 60, 70)
)
SMS_SEGMENTS = Counter(
    "ombud_sms_segments_total", "Parts of the text messages that a provider took, each of which is paid", ["encoding"]
)

for _beat in ("sent", "failed", "withheld"):
    HEARTBEATS.labels(_beat)
for _encoding in Encoding:
    SMS_SEGMENTS.labels(_encoding.value)
for _digest_outcome in DIGEST_OUTCOMES:
    DIGESTS.labels(_digest_outcome)
for _channel in ChannelName:
    PLANNED.labels(_channel.value)
    ACCEPTANCE.labels(_channel.value)
    DELIVERY.labels(_channel.value)
    for _outcome in OUTCOMES:
        ALERTS.labels(_channel.value, _outcome)
    for _then in IN_DOUBT_THEN:
        IN_DOUBT.labels(_channel.value, _then)
    for _reason in OPERATOR_FAULTS:
        FAULTS.labels(_channel.value, _reason.value)
for _reason in Reason:
    BY_REASON.labels(_reason.value)
for _open in OPEN:
    WAITING.labels(_open.value)
for _kind in ReceiptKind:
    for _effect in Effect:
        RECEIPTS.labels(_kind.value, _effect.value)
for _word in (Word.STOP, Word.START):
    OPT_OUTS.labels(_word.value)
for _what in Made:
    REPLIES.labels(_what.value)
for _pressed in Pressed:
    PRESSES.labels(_pressed.value)
for _purpose in Purpose:
    for _state in EscalationState:
        ESCALATIONS.labels(_purpose.value, _state.value)


def unaccounted() -> int:
    """What the last audit of this replica found."""
    return int(next(s.value for metric in UNACCOUNTED.collect() for s in metric.samples))


def show_open(by_state: Mapping[AlertState, int], oldest: datetime | None, now: datetime) -> None:
    """What the last look at the alerts found."""
    for state in OPEN:
        WAITING.labels(state.value).set(by_state.get(state, 0))
    OLDEST.set(max((now - oldest).total_seconds(), 0.0) if oldest else 0)


def count_planned(alerts: Collection[Alert]) -> None:
    for alert in alerts:
        PLANNED.labels(alert.channel.value).inc()


def count_fault(alert: Alert, outcome: Outcome) -> None:
    """Counts an attempt that failed on what only an operator can mend."""
    if not isinstance(outcome, Accepted) and outcome.reason in OPERATOR_FAULTS:
        FAULTS.labels(alert.channel.value, outcome.reason.value).inc()


def count(alert: Alert) -> None:
    """Counts one alert that ended, of which a receipt came, or that goes back to wait for another attempt."""
    ALERTS.labels(alert.channel.value, alert.state.value if alert.has_ended else "retried").inc()
    if alert.has_ended and alert.reason:
        BY_REASON.labels(alert.reason.value).inc()
    if alert.state is AlertState.DELIVERED:
        DELIVERY.labels(alert.channel.value).observe(alert.seconds)
    if alert.reason is Reason.ACCEPTED:
        ACCEPTANCE.labels(alert.channel.value).observe(alert.seconds)


def count_digest(outcome: Outcome, alerts: int) -> None:
    """Counts one digest that was tried to be sent."""
    kinds = {Accepted: "accepted", Permanent: "failed", Ambiguous: "ambiguous"}
    DIGESTS.labels(kinds.get(type(outcome), "retried")).inc()
    if isinstance(outcome, Accepted):
        DIGEST_ALERTS.observe(alerts)


def count_doubt(alert: Alert, then: InDoubt) -> None:
    """Counts an alert whose attempt may have arrived: it ended so, or is sent again. What is looked up says more."""
    if alert.has_ended:
        IN_DOUBT.labels(alert.channel.value, "left").inc()
    elif then is InDoubt.AGAIN:
        IN_DOUBT.labels(alert.channel.value, "again").inc()


def count_look_up(alerts: Collection[Alert], outcome: Outcome | None) -> None:
    """Counts what a provider knew of a letter; where it could not tell, the alert's end is counted."""
    for alert in alerts:
        if outcome is None or isinstance(outcome, Accepted):
            IN_DOUBT.labels(alert.channel.value, "found" if outcome else "not_found").inc()
