"""What the reader of the page may do now, and the form of each. Used by the page and the door that takes the forms."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from marshmallow import Schema
from werkzeug.datastructures import MultiDict

from services.escalation.answers import answer_schemas, deciding
from services.escalation.answers.deciding import Make
from services.escalation.domain.case import CALLING, TAKABLE, Case, CaseState, What
from services.escalation.domain.clocks import is_paused
from services.escalation.domain.policy import Policy
from services.escalation.domain.rungs import ladder_of
from services.escalation.schemas import load
from shared.errors import Rejected

MANY = ("remedies",)
NEEDS = ("skill", "language", "region")
LENGTHS = {"1h": timedelta(hours=1), "4h": timedelta(hours=4), "12h": timedelta(hours=12), "1d": timedelta(days=1)}


class Act(StrEnum):
    TAKE = "take"
    TAKE_OVER = "take_over"
    RESOLVE = "resolve"
    NOTE = "note"
    PAUSE = "pause"
    RESUME = "resume"
    SNOOZE = "snooze"
    ESCALATE = "escalate"
    HAND_BACK = "hand_back"


def offered(case: Case, person: str, is_present: bool, policy: Policy, now: datetime) -> tuple[Act, ...]:
    """In the order of the page. is_present: the link is of the case's present escalation; else it can only be taken."""
    if case.facts is None:
        return ()
    take = (Act.TAKE,) if case.state in TAKABLE and person not in case.confirmed_by else ()
    if not is_present:
        return take
    higher = (Act.ESCALATE,) if case.level < ladder_of(case, policy).top_level else ()
    if case.state in CALLING:
        return (*take, Act.NOTE, *_snooze(policy), *higher, Act.HAND_BACK)
    if case.state in TAKABLE:
        return (*take, Act.NOTE, *higher)
    if case.state is not CaseState.ACKNOWLEDGED:
        return ()
    if case.acknowledged_by != person:
        return (Act.TAKE_OVER, Act.NOTE)
    wait = Act.RESUME if is_paused(case.pauses, now) else Act.PAUSE
    return (Act.RESOLVE, Act.NOTE, wait, *_snooze(policy), *higher, Act.HAND_BACK)


def _snooze(policy: Policy) -> tuple[Act, ...]:
    return (Act.SNOOZE,) if lengths(policy) else ()


def lengths(policy: Policy) -> list[str]:
    """How long the page lets a case be put off: whatever the policy allows."""
    return [name for name, length in LENGTHS.items() if length <= policy.snooze_at_most]


@dataclass(frozen=True)
class _Form:
    """schema: of the body that the same answer has by HTTP. what: the row that it makes. fields: beside `note`."""

    schema: Callable[[], Schema]
    make: Make
    what: What
    fields: tuple[str, ...] = ()


_FORMS: Mapping[Act, _Form] = {
    Act.TAKE: _Form(answer_schemas.AnswerBody, deciding.acknowledged, What.ACKNOWLEDGED),
    Act.TAKE_OVER: _Form(answer_schemas.AnswerBody, deciding.taken_over, What.TAKEN_OVER),
    Act.RESOLVE: _Form(answer_schemas.ResolveBody, deciding.resolved, What.RESOLVED, ("outcome", "remedies")),
    Act.NOTE: _Form(answer_schemas.NoteBody, deciding.remarked, What.REMARKED),
    Act.PAUSE: _Form(answer_schemas.PauseBody, deciding.paused, What.PAUSED, ("reason", "until")),
    Act.RESUME: _Form(answer_schemas.AnswerBody, deciding.resumed, What.RESUMED),
    Act.SNOOZE: _Form(answer_schemas.UntilBody, deciding.snoozed, What.SNOOZED, ("for",)),
    Act.ESCALATE: _Form(answer_schemas.EscalateBody, deciding.escalated, What.REQUESTED),
    Act.HAND_BACK: _Form(answer_schemas.HandBackBody, deciding.handed_back, What.HANDED_BACK, NEEDS),
}


@dataclass(frozen=True)
class Filled:
    """A form as it was sent. values: its fields as they were written; faults: by field, what is wrong with it."""

    act: Act | None
    values: Mapping[str, Any]
    body: Mapping[str, Any]
    faults: Mapping[str, str]

    @property
    def make(self) -> Make:
        return _FORMS[self._act].make

    @property
    def what(self) -> What:
        return _FORMS[self._act].what

    @property
    def _act(self) -> Act:
        assert self.act is not None, "a form without an act has a fault"
        return self.act


def read(form: MultiDict[str, str], zone: tzinfo) -> Filled:
    """A form with nothing in it takes the case. zone: of the reader, for the times in it."""
    values: dict[str, Any] = {name: form.get(name, "").replace("\r\n", "\n").strip() for name in form}
    values |= {name: form.getlist(name) for name in MANY if name in form}
    said = values.pop("act", "") or Act.TAKE.value
    if said not in list(Act):
        return Filled(None, values, {}, {"": "this page has no such form"})
    act = Act(said)
    try:
        return Filled(act, values, load(_FORMS[act].schema(), _body(act, values, zone)), {})
    except Rejected as error:
        return Filled(act, values, {}, _by_field(act, values, error.errors))


def _body(act: Act, values: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    """The fields that the form has, as the body of the same answer by HTTP; whatever else was sent is not looked at."""
    said = {name: values[name] for name in (*_FORMS[act].fields, "note") if values.get(name)}
    if act is Act.HAND_BACK:
        needs = {name: said.pop(name) for name in NEEDS if name in said}
        return said | {"needs": needs}
    if "until" in said:
        said["until"] = _with_zone(said["until"], zone)
    return said


def _with_zone(text: str, zone: tzinfo) -> str:
    """A field of the browser has no zone: it is meant as the times on the page are."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return text  # no time: the body's form says so


_PLAINER = {"until": "write a date and a time, such as 2026-12-24 16:00"}


def _by_field(act: Act, values: Mapping[str, Any], errors: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """`/needs/language/value` is the field `language`; what is wrong with none of the form's is so with its first."""
    fields = (*_FORMS[act].fields, "note")
    found: dict[str, str] = {}
    for error in errors:
        name = next((part for part in error["pointer"].split("/") if part in fields), fields[0])
        found.setdefault(name, _PLAINER.get(name, error["detail"]) if values.get(name) else "this is needed")
    return found
