"""What the doors of duty, rotas and overrides take and answer."""

from dataclasses import dataclass, field
from datetime import datetime

from marshmallow import fields, validate

from services.escalation.domain.duty import Why
from services.escalation.people import duty_schemas
from shared.api import Operation
from shared.contracts.event import Instant

FROM, TO = {"wire": "from"}, {"wire": "to"}


@dataclass(frozen=True)
class DutyDocument:
    """Who is on duty, for whatever reasons from since until just before until: at most 14 days before and after.

    name: null = nobody whom the service knows, so not alerted. instead_of: whose duty it was. override: the id of the
    one by which it is theirs, and its reason.
    """

    person: str
    name: str | None
    why: Why
    since: datetime
    until: datetime
    instead_of: str | None
    override: str | None
    reason: str | None


@dataclass(frozen=True)
class DutyStretch:
    """The same people for the same reasons from an instant until just before another one; none: nobody is on duty."""

    start: datetime = field(metadata=FROM)
    end: datetime = field(metadata=TO)
    on_duty: tuple[DutyDocument, ...]


@dataclass(frozen=True)
class RotaNow:
    """Who has a rota's duty, for which reasons from since until just before until, and what comes then.

    With nobody on duty since and until are those of the gap. next: null = no change within 14 days.
    """

    name: str
    since: datetime
    until: datetime
    on_duty: tuple[DutyDocument, ...]
    next: DutyStretch | None


@dataclass(frozen=True)
class LevelNow:
    """Whom a level would alert, of a complaint whose agent is not known; is_open: whether it may alert at that time."""

    ladder: str
    level: int
    name: str
    is_open: bool
    alerts: tuple[str, ...]


@dataclass(frozen=True)
class DutyNow:
    """levels: of the current policy; none if no region was named."""

    at: datetime
    rotas: tuple[RotaNow, ...]
    levels: tuple[LevelNow, ...]


@dataclass(frozen=True)
class Gap:
    """Nobody is on duty from an instant until just before another one."""

    start: datetime = field(metadata=FROM)
    end: datetime = field(metadata=TO)


@dataclass(frozen=True)
class OverrideDocument:
    """Somebody has a rota's duty for a while, instead of one person or of all."""

    id: str
    rota: str
    person: str
    start: datetime = field(metadata=FROM)
    end: datetime = field(metadata=TO)
    instead_of: str | None
    by: str
    reason: str | None


@dataclass(frozen=True)
class RotaCourse:
    """Who has the duty when; overrides: all that hold at some instant in between, the newest last."""

    name: str
    start: datetime = field(metadata=FROM)
    end: datetime = field(metadata=TO)
    course: tuple[DutyStretch, ...]
    gaps: tuple[Gap, ...]
    overrides: tuple[OverrideDocument, ...]


_NAME = fields.String(validate=validate.Length(1, 60))
_CODE = fields.String(validate=validate.Length(1, 40))

OPERATIONS = {
    "get_duty": Operation(
        "Who is on duty and why, and with a region whom each level would alert",
        answer=DutyNow,
        query={"at": Instant(), "rota": _NAME, "region": _CODE, "language": _CODE},
        problems=(404, 422),
    ),
    "get_rota": Operation(
        "The course of a rota, at most 31 days of it",
        answer=RotaCourse,
        path={"name": _NAME},
        query={"from": Instant(), "to": Instant()},
        problems=(404, 422),
        example_path={"name": "world"},
    ),
    "post_override": Operation(
        "Give the duty of a rota to somebody for a while; said again, it is the same one",
        body=duty_schemas.OverrideBody(),
        answer=OverrideDocument,
        example={
            "rota": "world",
            "person": "petr",
            "from": "2099-12-24T08:00:00+01:00",
            "to": "2099-12-25T08:00:00+01:00",
            "instead_of": "karin",
            "reason": "swapped for Christmas",
        },
    ),
    "delete_override": Operation(
        "Take an override back; answers with what it was",
        answer=OverrideDocument,
        problems=(404,),
        example_path={"override_id": "0500d605-0504-5608-a9e0-0db386aadabc"},
    ),
}
