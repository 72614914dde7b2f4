"""How much agents have to do, as what they are together: never one of them. Read by staff_store.py, for the gauges."""

from dataclasses import dataclass
from enum import StrEnum

from services.routing.domain.presence import Status


class Load(StrEnum):
    """How much of an agent's capacity is taken; OVER: more than there is, as supervisors may assign by hand."""

    NONE = "none"
    BELOW_HALF = "below_half"
    HALF_OR_MORE = "half_or_more"
    FULL = "full"
    OVER = "over"


@dataclass(frozen=True)
class Staff:
    """The agents of one status that are loaded alike: how many, what they have and what they can have together."""

    status: Status
    load: Load
    agents: int
    points: int
    capacity: int
