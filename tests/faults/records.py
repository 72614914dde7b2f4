"""What notify wrote and said, and what the journals of its peers have: held against each other in journals.py."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

Row = Mapping[str, Any]
REACHED, UNREACHED = {"accepted", "delivered"}, {"failed", "ambiguous"}
ENDS = {f"alert.{state}" for state in REACHED | UNREACHED | {"suppressed"}}


@dataclass(frozen=True)
class Taken:
    """One letter in a peer's journal, and the alerts in it."""

    channel: str
    alert_ids: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """One message on the bus, copies included."""

    id: str
    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Heard:
    """One receipt that notify said it took; of a letter of one alert its id is the alert's."""

    alert_id: str
    kind: str


@dataclass(frozen=True)
class Records:
    """What notify wrote, what it said, what the peers took, and what it was told: all once it is quiet.

    wanted: the escalations that were sent to it, with their recipients. orders: the channels of each contact.
    left: what should be empty by now, with its number.
    """

    alerts: list[Row]
    deliveries: list[Row] = field(default_factory=list)
    receipts: list[Row] = field(default_factory=list)
    escalations: list[Row] = field(default_factory=list)
    cases: list[Row] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    wanted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)

    @cached_property
    def by_id(self) -> dict[str, Row]:
        return {a["id"]: a for a in self.alerts}

    @cached_property
    def times(self) -> Counter[str]:
        """How often each alert is in a journal."""
        return Counter(id_ for letter in self.taken for id_ in letter.alert_ids)

    @cached_property
    def attempts(self) -> Counter[tuple[str, str]]:
        """By alert and outcome."""
        return Counter((d["alert_id"], d["outcome"]) for d in self.deliveries)

    @cached_property
    def failed_later(self) -> set[str]:
        """The alerts of which a receipt said that they are lost."""
        return {r["alert_id"] for r in self.receipts if r["kind"] != "delivered"}

    @cached_property
    def delivered_later(self) -> set[str]:
        return {r["alert_id"] for r in self.receipts if r["kind"] == "delivered"}

    @cached_property
    def answered(self) -> dict[str, int]:
        return {c["case_id"]: c["answered_revision"] for c in self.cases}

    @cached_property
    def ends(self) -> dict[str, set[str]]:
        """The types of what was said of each alert's end."""
        said: dict[str, set[str]] = {}
        for one in self.told:
            if one.type in ENDS:
                said.setdefault(one.data["alert_id"], set()).add(one.type)
        return said

    @cached_property
    def given_up(self) -> Counter[str]:
        """How many events said of each escalation that it reached nobody; a copy of one is none more."""
        events = {(t.id, t.data["escalation_id"]) for t in self.told if t.type == "escalation.unreachable"}
        return Counter(escalation_id for _, escalation_id in events)

    @cached_property
    def lost_late(self) -> set[str]:
        """The escalations of which something was lost by receipt after the level's time: the case has climbed."""
        ends = {e["id"]: e.get("respond_by") for e in self.escalations}
        lost = [(a["escalation_id"], a.get("ended_at")) for a in self.alerts if a["id"] in self.failed_later]
        return {id_ for id_, at in lost if at and ends.get(id_) and at >= ends[id_]}

    def needs_nobody(self, row: Row, escalation_id: str) -> bool:
        return self.is_answered(row) or escalation_id in self.lost_late

    def is_answered(self, row: Row) -> bool:
        return int(self.answered.get(row["case_id"], -1)) > int(row["case_revision"])
