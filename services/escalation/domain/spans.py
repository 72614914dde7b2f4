"""A length of time as a policy says it, and when it ends; pure, used by the clocks."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Unit(StrEnum):
    """TIME: elapsed, or open hours if there are hours. DAYS: local ones. BUSINESS_DAYS: those with hours."""

    TIME = "time"
    DAYS = "days"
    BUSINESS_DAYS = "business_days"


@dataclass(frozen=True)
class Span:
    """time: of a TIME; days: of the others, 1 or more."""

    unit: Unit
    time: timedelta = timedelta(0)
    days: int = 0
