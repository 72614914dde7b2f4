"""The forms of the policy file, one for each kind of entry; what several entries must agree on is in policyfile.py."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from services.routing.domain.needs import CATEGORY, CUSTOMER, CUSTOMER_OR_TEXT, HIGHEST, LOWEST, TEXT
from services.routing.domain.policy import UTC_ZONE, ScoreWeights, When
from shared.hours.calendar import Calendar
from shared.policy.fields import (
    FLAG,
    LANGUAGE,
    REGION,
    SKILL,
    TEAM,
    BySeverity,
    Flag,
    Form,
    Period,
    Share,
    Shifts,
    Whole,
    Word,
    Words,
    matching,
    or_any,
    or_source,
    severity_of,
    upstream,
)
from shared.policy.hours import NAME
from shared.policy.words import NONE

MOST_STEPS = 20
LARGEST = 1000  # weight and priority
# priority * ageing is subtracted from an instant, and before year 1 there is none.
LONGEST_AGEING = timedelta(days=7)


class WhenForm(Form):
    """Gives a When."""

    severity = Words(severity_of)
    category = Words(or_any(SKILL))
    flags = Words(FLAG)
    tier = Words(or_any(lambda text: upstream(text).casefold()))
    region = Words(or_any(REGION))
    language = Words(or_any(LANGUAGE))
    product = Words(or_any(upstream))
    campaign = Words(or_any(upstream))
    channel = Words(or_any(upstream))
    contact_count = Whole(2, LARGEST)
    local_time = Shifts()

    @post_load
    def _when(self, data: dict[str, Any], **_: Any) -> When:
        if not data:
            raise ValidationError("says nothing; a rule without `when` fits everything")
        if "local_time" in data:
            data["local_time"] = Calendar(UTC_ZONE, tuple(data["local_time"]))
        return When(**data)


class NeedsForm(Form):
    """Gives what is said, by the names of Wanted."""

    skill = Word(or_source(SKILL, CATEGORY, NONE))
    skill_level = Whole(LOWEST, HIGHEST)
    language = Word(or_source(LANGUAGE, CUSTOMER_OR_TEXT, CUSTOMER, TEXT, NONE))
    language_level = Whole(LOWEST, HIGHEST)
    region = Word(or_source(REGION, CUSTOMER, NONE))
    team = Word(or_source(TEAM, NONE))


class StepForm(NeedsForm):
    """Gives {after, and what is said, by the names of Wanted}."""

    after = Period(required=True)

    @validates_schema
    def _changes_something(self, data: Mapping[str, Any], **_: Any) -> None:
        if len(data) == 1:
            raise ValidationError("changes nothing")


def _later_and_later(steps: list[dict[str, Any]]) -> None:
    pairs = enumerate(pairwise(steps), start=1)
    wrong = {n: {"after": ["is not later than the step before"]} for n, (a, b) in pairs if b["after"] <= a["after"]}
    if wrong:
        raise ValidationError(wrong)


class DefaultsForm(Form):
    """What a rule does not say itself."""

    needs = fields.Nested(NeedsForm, load_default=dict)
    weight = BySeverity(Whole(1, LARGEST), load_default=dict)
    priority = BySeverity(Whole(0, LARGEST), load_default=dict)
    answer_within = BySeverity(Period(or_none=True), load_default=dict)
    relax = fields.List(
        fields.Nested(StepForm), validate=[validate.Length(max=MOST_STEPS), _later_and_later], load_default=None
    )


class RuleForm(DefaultsForm):
    name = Word(matching(NAME, "a name such as recall"), required=True)
    when = fields.Nested(WhenForm, load_default=When)
    follow_the_sun = Flag(load_default=False)


class ScoreForm(Form):
    skill = Share(load_default=ScoreWeights.skill)
    language = Share(load_default=ScoreWeights.language)
    load_ = Share(load_default=ScoreWeights.load, data_key="load")
    idle = Share(load_default=ScoreWeights.idle)

    @validates_schema
    def _something_counts(self, data: Mapping[str, Any], **_: Any) -> None:
        if not any(data.values()):
            raise ValidationError("at least one part must count")

    @post_load
    def _weights(self, data: dict[str, Any], **_: Any) -> ScoreWeights:
        return ScoreWeights(load=data.pop("load_"), **data)


class PolicyForm(Form):
    """The file but for its rules and hours, whose entries are read one by one; gives only what is said."""

    name = Word(matching(r"[A-Za-z0-9._-]{1,60}", "a name such as standard"), required=True)
    score = fields.Nested(ScoreForm)
    ageing = Period(LONGEST_AGEING)
    spacing = Period(LONGEST_AGEING)
    patience = Period()
    attempts = Whole(1, 20)
    hours = fields.Raw()
    defaults = fields.Nested(DefaultsForm, load_default=dict)
    rules = fields.Raw(required=True)
