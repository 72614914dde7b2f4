"""What a check is and what it may find; made by the files of the subjects, shown by shown.py."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Gravity(IntEnum):
    """NOTE: worth knowing. WARNING: works now, and will not always. FAULT: does not work."""

    NOTE = 0
    WARNING = 1
    FAULT = 2


class Subject(StrEnum):
    """In the order in which they are worth mending: what comes first may be the cause of what follows."""

    SETTINGS = "settings"
    PORTS = "ports"
    BROKER = "broker"
    DATABASE = "database"
    CLOCKS = "clocks"
    POLICIES = "policies"
    PEOPLE = "people"
    PROVIDERS = "providers"
    ADDRESSES = "addresses"


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be; remedy: what to do, as an order."""

    gravity: Gravity
    text: str
    remedy: str


def fault(text: str, remedy: str) -> Finding:
    return Finding(Gravity.FAULT, text, remedy)


def warning(text: str, remedy: str) -> Finding:
    return Finding(Gravity.WARNING, text, remedy)


def note(text: str, remedy: str) -> Finding:
    return Finding(Gravity.NOTE, text, remedy)


@dataclass(frozen=True)
class Check:
    """One look at one thing, for one service; look: does no harm, sends nothing, and ends within some seconds."""

    subject: Subject
    service: str
    look: Callable[[], Iterable[Finding]]


@dataclass(frozen=True)
class Found:
    """A finding and whose it is; services: all that have the same."""

    subject: Subject
    services: tuple[str, ...]
    finding: Finding
