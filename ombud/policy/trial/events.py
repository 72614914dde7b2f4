"""Complaints and events in files into what escalation and routing hear of them; used by `ombud policy try`."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import orjson

from ombud.policy.trial.intake import Intake
from ombud.trouble import Trouble
from services.escalation.incoming import ComplaintEvent, OwnerEvent
from services.intake.domain.complaint import Step, Submission
from services.intake.reader import Reader
from services.intake.schemas import UPSTREAM, upstream
from shared.contracts.event import Event, InvalidEvent, event_classes, from_data
from shared.contracts.intake import ComplaintFacts
from shared.errors import Rejected

SUBMITTED, CLASSIFIED = "complaint.submitted", "complaint.classified"
_ID = "complaint_id"
_ONLY_UPSTREAM = (SUBMITTED, "complaint.contacted")
STDIN = "-"
Arrival = Submission | Step | ComplaintEvent | OwnerEvent
# Of times far from ours no deadline can be reckoned.
_EARLIEST, _LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Document:
    """A JSON object of a file; place: file:line."""

    place: str
    content: dict[str, Any]


@dataclass(frozen=True)
class Told:
    """An event, and when it is heard."""

    at: datetime
    event: ComplaintEvent | OwnerEvent


@dataclass(frozen=True)
class When:
    """start: when the first one is heard, None = at its own time. now: the time of what says none."""

    start: datetime | None
    now: datetime


def documents(names: Sequence[str]) -> list[Document]:
    """What the files hold, "-" is standard input: an object, or one a line. Raises Trouble for what cannot be read."""
    return [document for name in names for document in _documents_of(name)]


def told_by(documents: Sequence[Document], when: When, reader: Callable[[], Reader]) -> list[Told]:
    """What is heard, in that order, each at its time but never before the one above it. Raises Trouble."""
    intake, told = Intake(), list[Told]()
    moment = when.start
    for document in documents:
        arrival = _arrival(document)
        moment = _later(moment, _own_time(arrival, document.place), when.now)
        told += (Told(moment, event) for event in _events(arrival, moment, intake, reader))
        _refuse_another(told, document.place)
    if not any(isinstance(one.event, ComplaintFacts) for one in told):
        raise Trouble(f"{_names(documents)}: nothing tells of a complaint: neither one with its text nor {CLASSIFIED}")
    return told


def _events(
    arrival: Arrival, at: datetime, intake: Intake, reader: Callable[[], Reader]
) -> Sequence[ComplaintEvent | OwnerEvent]:
    if isinstance(arrival, ComplaintEvent | OwnerEvent):
        return [arrival]
    read = reader().read(arrival) if isinstance(arrival, Submission) else arrival
    return intake.take(read, at, reader().matters)


def within_reach(at: datetime, place: str) -> datetime:
    """The time in UTC; raises Trouble for one that is too far from ours."""
    if not _EARLIEST <= at <= _LATEST:
        raise Trouble(f"{place}: {at.isoformat()} is not between {_EARLIEST:%Y-%m-%d} and {_LATEST:%Y-%m-%d}")
    return at.astimezone(UTC)


def _later(moment: datetime | None, own: datetime | None, now: datetime) -> datetime:
    if moment is None:
        return own or now
    return max(moment, own or moment)


def _refuse_another(told: Sequence[Told], place: str) -> None:
    ids = list(dict.fromkeys(one.event.complaint_id for one in told))
    if len(ids) > 1:
        raise Trouble(f"{place}: is about complaint {ids[1]}, what stands before it about {ids[0]}; try one at a time")


def _names(documents: Sequence[Document]) -> str:
    return ", ".join(dict.fromkeys(document.place.rpartition(":")[0] for document in documents))


def _documents_of(name: str) -> Iterator[Document]:
    raw, shown = _content(name)
    try:
        yield _document(orjson.loads(raw), f"{shown}:1")
        return
    except orjson.JSONDecodeError as error:
        lines = [(n, line) for n, line in enumerate(raw.splitlines(), start=1) if line.strip()]
        if len(lines) < 2 or not _is_json(lines[0][1]):
            raise Trouble(f"{shown}:{error.lineno}: no JSON: {error.msg}") from error
    for number, line in lines:
        try:
            yield _document(orjson.loads(line), f"{shown}:{number}")
        except orjson.JSONDecodeError as error:
            raise Trouble(f"{shown}:{number}: no JSON: {error.msg}") from error


def _content(name: str) -> tuple[bytes, str]:
    if name == STDIN:
        raw, shown = sys.stdin.buffer.read(), "standard input"
    else:
        try:
            raw, shown = Path(name).read_bytes(), name
        except OSError as error:
            raise Trouble(f"{name} cannot be read: {error.strerror}") from error
    return raw.removeprefix(b"\xef\xbb\xbf"), shown


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _document(content: Any, place: str) -> Document:
    if not isinstance(content, dict):
        raise Trouble(f"{place}: is no JSON object; one complaint or event each, in a file of several one a line")
    return Document(place, content)


def _arrival(document: Document) -> Arrival:
    """A Submission or a Step of upstream, or an event as it is on the bus."""
    place, (type_, data) = document.place, _opened(document)
    # Of the types that upstream and intake share, intake's have our id.
    is_upstream = type_ in UPSTREAM and (type_ in _ONLY_UPSTREAM or _ID not in data)
    try:
        return cast(Arrival, upstream(type_, data) if is_upstream else from_data(_class_of(type_, place), data))
    except InvalidEvent as error:
        raise Trouble("; ".join(f"{place}: {fault}" for fault in _faults(error.errors, ""))) from error
    except Rejected as error:
        raise Trouble("; ".join(f"{place}: {fault['pointer']}: {fault['detail']}" for fault in error.errors)) from error


def _opened(document: Document) -> tuple[str, dict[str, Any]]:
    """The type, which complaints need not say, and the data without its envelope."""
    data: Any = document.content
    type_ = data.get("type")
    if "specversion" in data:
        data = data.get("data")
    if not isinstance(data, dict):
        raise Trouble(f"{document.place}: /data: is no JSON object")
    if type_ is None and _ID in data and "severity" not in data:
        raise Trouble(f"{document.place}: /type: is missing; write one such as complaint.answered")
    return str(type_ or (CLASSIFIED if _ID in data else SUBMITTED)), data


def _class_of(type_: str, place: str) -> type[Event]:
    found = next((c for c in _heard() if c.type == type_), None)
    if found is None:
        raise Trouble(f"{place}: /type: {type_!r} is none of {', '.join(sorted({c.type for c in _heard()}))}")
    return found


def _heard() -> Iterator[type[Event]]:
    """The events that escalation hears of complaints."""
    return (c for c in event_classes() if issubclass(c, ComplaintEvent | OwnerEvent))


def _faults(errors: Any, at: str) -> Iterator[str]:
    if isinstance(errors, dict):
        for key, inner in errors.items():
            yield from _faults(inner, f"{at}/{key}")
        return
    for text in errors:
        yield f"{at}: {text}"


def _own_time(arrival: Arrival, place: str) -> datetime | None:
    """When upstream says that it happened."""
    told = [getattr(arrival, name, None) for name in _TIMES]
    known = [within_reach(at, place) for at in told if at is not None]
    return known[0] if known else None


_TIMES = ("contacted_at", "received_at", "at", "assigned_at", "queued_at")
