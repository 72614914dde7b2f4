"""The forms of the policy file, one for each kind of entry; what several must agree on is in checks.py."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema

from services.escalation.domain.conditions import ASK_KINDS, NOT_ASKED, When
from services.escalation.domain.policy import (
    REGION,
    TRIGGER_REASONS,
    ClockRule,
    FollowUp,
    Measure,
    Of,
    PauseReason,
    Starts,
    StormRule,
    Trigger,
)
from services.escalation.policy.fields import (
    EverySeverity,
    Fraction,
    HoursName,
    InOrder,
    Percents,
    Recipients,
    SpanField,
    one_of,
)
from shared.contracts.escalation import EscalationReason
from shared.policy.fields import (
    FLAG,
    SKILL,
    Form,
    Period,
    Whole,
    Word,
    Words,
    matching,
    or_any,
    or_source,
    severity_of,
    upstream,
)
from shared.policy.fields import REGION as REGION_CODE
from shared.policy.hours import NAME
from shared.policy.words import NONE

LONGEST_STORM = timedelta(days=7)
NAMED = matching(NAME, "a name such as standard")
HOURS = or_source(NAMED, REGION)

# What each reason is about, so that its rule must say something of it.
_ABOUT = {
    EscalationReason.SEVERITY: "severity",
    EscalationReason.ASKED: "asked",
    EscalationReason.ANGER: "anger",
    EscalationReason.FLAGGED: "flags",
    EscalationReason.TIER: "tier",
    EscalationReason.REPEATED: "contacts",
    EscalationReason.LOW_RATING: "rating",
    EscalationReason.REOPENED: "reopenings",
}


class WhenForm(Form):
    """Gives a When."""

    severity = Words(severity_of)
    asked = Words(one_of(*ASK_KINDS, NOT_ASKED))
    anger = Fraction(above_zero=True)
    flags = Words(or_any(FLAG))
    category = Words(or_any(SKILL))
    channel = Words(or_any(upstream))
    region = Words(or_any(or_source(REGION_CODE, NONE)))
    product = Words(or_any(or_source(upstream, NONE)))
    tier = Words(or_any(or_source(lambda text: upstream(text).casefold(), NONE)))
    contacts = Whole(2, 1000)
    rating = Fraction()
    reopenings = Whole(1, 1000)

    @post_load
    def _when(self, data: dict[str, Any], **_: Any) -> When:
        if not data:
            raise ValidationError("says nothing; what has no `when` fits everything")
        return When(**data)


class TriggerForm(Form):
    """Gives a Trigger."""

    reason = Word(one_of(*TRIGGER_REASONS), required=True)
    when = fields.Nested(WhenForm)
    after = EverySeverity(Period())
    clocks = Words(NAMED, any_alone=False)

    @validates_schema
    def _says_what_the_reason_is_about(self, data: Mapping[str, Any], **_: Any) -> None:
        reason, when = EscalationReason(data["reason"]), data.get("when", When())
        about = _ABOUT.get(reason)
        if about and getattr(when, about) is None:
            raise ValidationError({"when": [f"says nothing of {about}, which is what {reason} is about"]})
        if reason is EscalationReason.ASKED and NOT_ASKED in when.asked:
            raise ValidationError({"when": {"asked": [f"{NOT_ASKED}: nobody is asked for"]}})
        if reason is EscalationReason.UNASSIGNED and "after" not in data:
            raise ValidationError({"after": ["is missing: how long nobody works on the complaint"]})

    @validates_schema
    def _says_nothing_else(self, data: Mapping[str, Any], **_: Any) -> None:
        for key, owner in (("after", EscalationReason.UNASSIGNED), ("clocks", EscalationReason.OVERDUE)):
            if key in data and data["reason"] != owner:
                raise ValidationError({key: [f"belongs to {owner}, not to {data['reason']}"]})

    @post_load
    def _trigger(self, data: dict[str, Any], **_: Any) -> Trigger:
        return Trigger(**{**data, "reason": EscalationReason(data["reason"])})


class ClockForm(Form):
    """Gives a ClockRule."""

    name = Word(NAMED, required=True)
    measures = Word(one_of(*Measure), required=True)
    within = EverySeverity(SpanField(), required=True)
    hours = HoursName(HOURS)
    when = fields.Nested(WhenForm)
    starts = Word(one_of(*Starts), load_default=Starts.OPENED.value)
    warn = Percents()
    tell = Recipients(attribute="told")
    pauses = Words(one_of(*PauseReason), any_alone=False, load_default=frozenset())

    @validates_schema
    def _has_something_to_tell(self, data: Mapping[str, Any], **_: Any) -> None:
        if "told" in data and data.get("warn") == ():
            raise ValidationError({"tell": ["there are no warnings to tell: `warn` is none"]})

    @post_load
    def _clock(self, data: dict[str, Any], **_: Any) -> ClockRule:
        measures, starts = Measure(data.pop("measures")), Starts(data.pop("starts"))
        pauses = frozenset(map(PauseReason, data.pop("pauses")))
        return ClockRule(measures=measures, starts=starts, pauses=pauses, **data)


class StormForm(Form):
    """Gives a StormRule."""

    name = Word(NAMED, required=True)
    of = InOrder(one_of(*Of), any_alone=False, required=True)
    more_than = Whole(1, 100_000, required=True)
    within = Period(LONGEST_STORM, required=True)
    ladder = Word(NAMED, required=True)
    quiet_after = Period(required=True)
    when = fields.Nested(WhenForm)

    @post_load
    def _storm(self, data: dict[str, Any], **_: Any) -> StormRule:
        return StormRule(of=tuple(map(Of, data.pop("of"))), **data)


class FollowUpForm(Form):
    """Gives a FollowUp."""

    within = EverySeverity(Period(), required=True)
    remind = Whole(1, 99, load_default=FollowUp.remind)

    @post_load
    def _follow_up(self, data: dict[str, Any], **_: Any) -> FollowUp:
        return FollowUp(**data)


class PolicyForm(Form):
    """The file but for its lists, whose entries are read one by one; gives only what is said."""

    name = Word(matching(r"[A-Za-z0-9._-]{1,60}", "a name such as standard"), required=True)
    hours = fields.Raw()
    triggers = fields.Raw(required=True)
    clocks = fields.Raw(required=True)
    ladders = fields.Raw(required=True)
    rotas = fields.Raw()
    storms = fields.Raw()
    follow_up = fields.Nested(FollowUpForm)
    snooze_at_most = Period()
    pause_at_most = Period()
    again_after = EverySeverity(Period())
