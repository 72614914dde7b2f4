"""Lines of a JSON Lines file as upstream messages, pure; read by command.py, weighed by run/accounting.py."""

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

LINE_IDS = uuid.uuid5(uuid.NAMESPACE_DNS, "ombud.feed")
FEED = "feed"
SUBMITTED, CONTACTED = "complaint.submitted", "complaint.contacted"
STEPS = (
    "complaint.answered",
    "complaint.resolved",
    "complaint.reopened",
    "complaint.rated",
    "complaint.escalation_requested",
)

Key = tuple[str, str]


class Kind(StrEnum):
    """What should become of a line: a complaint (or a further contact), a step upstream, or quarantine."""

    COMPLAINT = "complaint"
    STEP = "step"
    BROKEN = "broken"


@dataclass(frozen=True)
class Line:
    """One message to publish; `key` is (source, external_id), for lines that tell of a complaint."""

    id: str
    type: str
    source: str
    body: bytes
    kind: Kind
    key: Key | None = None


@dataclass
class Tally:
    """What a file held, so far: repeated lines and further contacts count once."""

    lines: int = 0
    complaints: set[Key] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)

    def add(self, line: Line) -> None:
        self.lines += 1
        if line.key:
            self.complaints.add(line.key)
        if line.kind is Kind.BROKEN:
            self.broken.add(line.id)


def lines_of(file: Iterable[bytes]) -> Iterator[Line]:
    for number, raw in enumerate(file):
        clean = (raw.removeprefix(b"\xef\xbb\xbf") if number == 0 else raw).strip()
        if clean:
            yield line_of(clean)


def line_of(raw: bytes) -> Line:
    """What cannot be read goes out as it is: quarantine is for intake to decide, and to show.

    The id follows from the content, so that a line sent again is the same message.
    """
    line_id = str(uuid.uuid5(LINE_IDS, sha256(raw).hexdigest()))
    data = _object(raw)
    if data is None:
        return Line(line_id, SUBMITTED, FEED, raw, Kind.BROKEN)
    data = _from_labelled(data) if _is_labelled(data) else data
    type_ = _text(data.pop("type", None)) or SUBMITTED
    source = _text(data.get("source")) or FEED
    kind = _kind(type_, data)
    key = (source, _text(data.get("external_id"))) if kind is Kind.COMPLAINT else None
    return Line(line_id, type_, source, json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"), kind, key)


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        data = json.loads(raw)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _is_labelled(data: dict[str, Any]) -> bool:
    return "external_id" not in data and {"id", "text"} <= data.keys()


def _from_labelled(data: dict[str, Any]) -> dict[str, Any]:
    # The language stays behind: the classifier has to find it by itself.
    return {"source": FEED, "external_id": str(data["id"]), "channel": "email", "text": data["text"], "customer": {}}


def _kind(type_: str, data: dict[str, Any]) -> Kind:
    """What intake's door asks for, said once more on purpose: the count must not follow a fault of that door."""
    if type_ not in (SUBMITTED, CONTACTED, *STEPS) or not _text(data.get("external_id")):
        return Kind.BROKEN
    if type_ in STEPS:
        return Kind.STEP
    is_person = isinstance(data.get("customer", {}), dict)
    fits = _text(data.get("text")) and _is_instant(data.get("received_at")) and is_person
    return Kind.COMPLAINT if fits else Kind.BROKEN


def _is_instant(value: Any) -> bool:
    try:
        return value is None or datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
