"""From what intake, routing and notify tell to what becomes of a case, or is noted of it. For use cases and trials."""

from typing import Any

from services.escalation.domain import hearing
from services.escalation.domain.alarms import News
from services.escalation.domain.case import Case, Change, What
from services.escalation.domain.conditions import NOT_ASKED
from services.escalation.domain.rungs import Setting
from services.escalation.domain.told import Owner
from shared.codes import UNKNOWN_LANGUAGE, language_code, region_code
from shared.contracts.escalation import AlertFacts
from shared.contracts.intake import (
    ComplaintAnswered,
    ComplaintClassified,
    ComplaintEnd,
    ComplaintEscalationRequested,
    ComplaintFacts,
    ComplaintForgotten,
    ComplaintMerged,
    ComplaintRated,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintStep,
)
from shared.contracts.notify import (
    AlertAccepted,
    AlertAmbiguous,
    AlertDelivered,
    AlertFailed,
    AlertOutcome,
    AlertSuppressed,
)
from shared.contracts.routing import ComplaintAssigned, ComplaintQueued, QueuedReason
from shared.database import Row

UPSTREAM, ROUTING = "upstream", "routing"
ComplaintEvent = ComplaintFacts | ComplaintStep | ComplaintEnd | ComplaintRated
OwnerEvent = ComplaintAssigned | ComplaintQueued
_ALERT_ENDS = {
    AlertAccepted: What.ALERT_ACCEPTED,
    AlertDelivered: What.ALERT_DELIVERED,
    AlertFailed: What.ALERT_FAILED,
    AlertSuppressed: What.ALERT_SUPPRESSED,
    AlertAmbiguous: What.ALERT_AMBIGUOUS,
}


def decide(case: Case, event: ComplaintEvent, setting: Setting) -> list[Change]:
    revision, by = event.revision, getattr(event, "by", None) or UPSTREAM
    match event:
        case ComplaintFacts():
            return hearing.take_news(case, _news(event, setting), setting)
        case ComplaintAnswered():
            return hearing.take_answer(case, revision, event.at, by, setting)
        case ComplaintResolved():
            return hearing.take_resolution(case, revision, event.at, by, setting)
        case ComplaintReopened():
            return hearing.take_reopening(case, revision, event.at, by, setting)
        case ComplaintRated():
            return hearing.take_rating(case, revision, event.score, by, setting)
        case ComplaintEscalationRequested():
            return hearing.take_request(case, revision, by, setting)
        case ComplaintMerged():
            return hearing.take_merging(case, revision, event.at, event.into, by)
        case ComplaintForgotten():
            return hearing.take_forgetting(case, revision, event.at)
    return []


def _news(event: ComplaintFacts, setting: Setting) -> News:
    customer = event.customer
    facts = AlertFacts(
        source=event.source,
        external_id=event.external_id,
        channel=event.channel,
        received_at=event.received_at,
        language=language_code(customer.language) or language_code(event.language) or UNKNOWN_LANGUAGE,
        category=event.category,
        anger=event.anger,
        asks_kind=_asks_kind(event),
        excerpt=event.excerpt,
        flags=event.flags,
        region=region_code(customer.region),
        product=event.product,
        tier=customer.tier,
    )
    return News(
        revision=event.revision,
        severity=event.severity,
        facts=facts,
        at=min(event.contacted_at or setting.now, setting.now),
        is_contact=event.contacted_at is not None or isinstance(event, ComplaintClassified),
        count=event.contact_count,
        timezone=customer.timezone,
    )


def _asks_kind(event: ComplaintFacts) -> str:
    if not event.asks_supervisor:
        return NOT_ASKED
    return "supervisor" if event.asks_kind == NOT_ASKED else event.asks_kind


def decide_owner(case: Case, event: OwnerEvent, setting: Setting) -> list[Change]:
    attempt = event.attempt
    if isinstance(event, ComplaintAssigned):
        owner = Owner(attempt, event.agent_id, event.agent_name, event.teams)
        details: dict[str, Any] = {"attempt": attempt, "agent": event.agent_name}
        told = Change(case, What.ASSIGNED, ROUTING, details=details, key=f"assigned:{attempt}")
    else:
        declined = event.reason is QueuedReason.DECLINED
        owner = Owner(attempt, since=case.owner.since or event.queued_at, declined=declined)
        told = Change(case, What.QUEUED, ROUTING, event.reason, {"attempt": attempt}, key=f"queued:{attempt}")
    return hearing.take_owner(case, owner, told, setting)


def row_of_alert(event: AlertOutcome) -> Row:
    """How an alert ended: who was reached when, and through what; needs no case, so it may come first."""
    what = _ALERT_ENDS[type(event)].value
    details: dict[str, Any] = {"channel": event.channel, "seconds": event.seconds, "escalation_id": event.escalation_id}
    return {
        "case_id": event.case_id,
        "key": f"{what}:{event.alert_id}"[:100],
        "at": event.at,
        "actor": event.recipient[:200],
        "what": what,
        "level": event.level,
        "reason": event.reason[:60],
        "details": details,
    }
