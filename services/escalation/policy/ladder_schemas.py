"""The forms of ladders and rotas in the policy file; used by policyfile.py, beside those of schemas.py."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from services.escalation.domain.conditions import When
from services.escalation.domain.duty import Rota, RotaShift, Rotation
from services.escalation.domain.ladder import MAX_LEVELS, Ladder, Level, Needed, Outside
from services.escalation.policy.fields import (
    PERSON,
    Day,
    EverySeverity,
    HoursName,
    InOrder,
    LadderWhen,
    Recipients,
    TurnLength,
    one_of,
)
from services.escalation.policy.schemas import HOURS, NAMED, WhenForm
from shared.contracts.event import Severity
from shared.hours.absence import OrdinaryYear
from shared.hours.calendar import Calendar, Shift
from shared.hours.holidaybook import holidays_of
from shared.hours.schedule import Days, HolidaysField, WallTime, Zone
from shared.policy.fields import BySeverity, Form, Period, Whole, Word

MOST_REPEATS = 10
MOST_SHIFTS = 50


class LevelForm(Form):
    """Gives a Level."""

    name = Word(NAMED, required=True)
    recipients = Recipients(required=True)
    respond_within = EverySeverity(Period(), required=True)
    answer = Word(one_of(*Needed), load_default=Needed.ONE.value)
    repeat = Whole(0, MOST_REPEATS, load_default=0)
    hours = HoursName(HOURS)
    outside = Word(one_of(*Outside))

    @validates_schema
    def _waits_for_something(self, data: Mapping[str, Any], **_: Any) -> None:
        if "outside" in data and data["hours"] is None:
            raise ValidationError({"outside": ["says what becomes of the level outside its hours, and it has none"]})

    @post_load
    def _level(self, data: dict[str, Any], **_: Any) -> Level:
        needed, outside = Needed(data.pop("answer")), Outside(data.pop("outside", Outside.CLIMB))
        return Level(needed=needed, outside=outside, **data)


class LadderForm(Form):
    """Gives a Ladder."""

    name = Word(NAMED, required=True)
    when = LadderWhen(WhenForm, load_default=When)
    start = BySeverity(Whole(1, MAX_LEVELS), load_default=dict)
    levels = fields.List(
        fields.Nested(LevelForm),
        required=True,
        validate=[
            validate.Length(min=1, error="an empty list"),
            validate.Length(max=MAX_LEVELS, error=f"more than {MAX_LEVELS} levels"),
        ],
    )

    @validates_schema
    def _starts_on_the_ladder(self, data: Mapping[str, Any], **_: Any) -> None:
        top = len(data["levels"])
        wrong = {s.value: [f"{n} is above the top, which is {top}"] for s, n in data["start"].items() if n > top}
        if wrong:
            raise ValidationError({"start": wrong})

    @validates_schema
    def _starts_higher_the_worse_it_is(self, data: Mapping[str, Any], **_: Any) -> None:
        start, ranked = data["start"], sorted(Severity, key=lambda s: s.rank)
        wrong = {
            milder.value: [f"{start[milder]} is above where {worse} starts, which is {start.get(worse, 1)}"]
            for milder, worse in pairwise(ranked)
            if start.get(milder, 1) > start.get(worse, 1)
        }
        if wrong:
            raise ValidationError({"start": wrong})

    @validates_schema
    def _has_each_name_once(self, data: Mapping[str, Any], **_: Any) -> None:
        names = [level.name for level in data["levels"]]
        twice = {n: {"name": [f"{x!r} stands here twice"]} for n, x in enumerate(names) if x in names[:n]}
        if twice:
            raise ValidationError({"levels": twice})

    @post_load
    def _ladder(self, data: dict[str, Any], **_: Any) -> Ladder:
        return Ladder(levels=tuple(data.pop("levels")), **data)


class RotationForm(Form):
    """Gives a Rotation."""

    every = TurnLength(required=True)
    since = Day(required=True, validate=OrdinaryYear())
    at = WallTime(required=True, attribute="hand_over")

    @post_load
    def _rotation(self, data: dict[str, Any], **_: Any) -> Rotation:
        return Rotation(**data)


class DutyShiftForm(Form):
    """Gives a RotaShift."""

    people = InOrder(PERSON, any_alone=False, required=True)
    timezone = Zone(required=True)
    holidays = HolidaysField(load_default=None)
    days = Days(required=True)
    start = WallTime(required=True, data_key="from")
    end = WallTime(is_end=True, required=True, data_key="to")
    rotate = fields.Nested(RotationForm, load_default=None)

    @validates_schema
    def _takes_turns(self, data: Mapping[str, Any], **_: Any) -> None:
        if data["rotate"] and len(data["people"]) == 1:
            raise ValidationError({"rotate": ["one person alone takes no turns"]})

    @post_load
    def _shift(self, data: Mapping[str, Any], **_: Any) -> RotaShift:
        shift = Shift(data["days"], data["start"], data["end"])
        return RotaShift(
            data["people"], Calendar(data["timezone"], (shift,), holidays_of(data["holidays"])), data["rotate"]
        )


class RotaForm(Form):
    """Gives a Rota."""

    name = Word(NAMED, required=True)
    shifts = fields.List(
        fields.Nested(DutyShiftForm),
        required=True,
        validate=validate.Length(1, MOST_SHIFTS, error=f"write 1 to {MOST_SHIFTS} shifts"),
    )

    @post_load
    def _rota(self, data: Mapping[str, Any], **_: Any) -> Rota:
        return Rota(data["name"], tuple(data["shifts"]))
