"""What somebody means who answers a text message, and which of their alerts they mean; pure, called by incoming/."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.notify.domain.alert import Alert, reference
from services.notify.domain.standing import Standing

YES = ("1", "ack")
_WORDS = re.compile(r"[^\W_]+")
_REFERENCE = re.compile(r"[0-9a-z]{4,8}")  # as much of it as tells cases apart


class Made(StrEnum):
    """What was made of a reply. TAKEN_BEFORE: somebody has the case. NOTHING: it asks for what is not there (any more).

    The last three: see optout.py.
    """

    ACKNOWLEDGED = "acknowledged"
    TAKEN_BEFORE = "taken_before"
    NOTHING = "nothing"
    NOT_UNDERSTOOD = "not_understood"
    STOPPED = "stopped"
    STARTED = "started"
    HELPED = "helped"


@dataclass(frozen=True)
class Reply:
    """at: when it was sent; None = just now."""

    number: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True)
class Incoming:
    """A reply as its provider brings it, and by what name. is_answered: the provider has answered it by itself."""

    id: str
    reply: Reply
    is_answered: bool = False


@dataclass(frozen=True)
class ReplyAnswer:
    """What was made of a reply. others: how many more cases this number was told of that nobody has taken.

    taken_by: the name of whoever has the case already.
    """

    what: Made
    case_id: str | None = None
    reference: str | None = None
    alert_id: str | None = None
    person: str | None = None
    others: int = 0
    taken_by: str | None = None


@dataclass(frozen=True)
class Yes:
    """Somebody takes a case; which one, if they said so by (the beginning of) its reference."""

    reference: str = ""

    def is_for(self, alert: Alert) -> bool:
        return _plain(reference(alert.case_id)).startswith(self.reference)


@dataclass(frozen=True)
class Told:
    """An alert that reached a phone, and how its case stands."""

    alert: Alert
    standing: Standing

    def was_open(self, at: datetime) -> bool:
        """Whether the case could be taken then: an answer that came later may be this very one, told twice."""
        answered_at = self.standing.answered_at
        if self.standing.is_over or self.alert.created_at > at:
            return False
        return not self.standing.settles(self.alert.case_revision) or (answered_at is not None and answered_at >= at)


def yes_in(text: str) -> Yes | None:
    """What the text asks for, or None when it is no answer: `1`, `ACK`, `1 0f8c2d11`, in any script and punctuation."""
    words = _WORDS.findall(_with_plain_digits(text))
    if not words or words[0] not in YES:
        return None
    rest = "".join(words[1:])
    return Yes(rest) if not rest or _REFERENCE.fullmatch(rest) else None


def meant(yes: Yes, told: Iterable[Told], at: datetime) -> tuple[Alert | None, int]:
    """The newest open alert that fits, and how many other cases are open; told: the newest first."""
    open_ = [one.alert for one in told if one.was_open(at)]
    found = next((alert for alert in open_ if yes.is_for(alert)), None)
    others = {alert.case_id for alert in open_} - {found.case_id if found else None}
    return found, len(others)


def missed(yes: Yes, told: Iterable[Told]) -> Told | None:
    """The newest alert that fits, if somebody has its case; told: the newest first, none of them open."""
    found = next((one for one in told if yes.is_for(one.alert)), None)
    return found if found and found.standing.taken_by and found.standing.settles(found.alert.case_revision) else None


def _plain(text: str) -> str:
    return "".join(_WORDS.findall(text.casefold()))


def _with_plain_digits(text: str) -> str:
    return "".join(_plain_digits(unicodedata.normalize("NFKC", text).casefold()))


def _plain_digits(text: str) -> Iterator[str]:
    for c in text:
        digit = unicodedata.decimal(c, None)
        yield c if digit is None else str(digit)
