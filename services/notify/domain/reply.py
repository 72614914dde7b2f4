"""What somebody means who answers a text message, and which of their alerts they mean; pure, called by incoming/."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.notify.domain.alert import Alert, reference
from services.notify.domain.standing import Standing

YES = ("1", "ack")
_WORDS = re.compile(r"[^\W_]+")
_REFERENCE = re.compile(r"[0-9a-f]{4,8}")  # as much of it as tells cases apart; `1 please` has none


class Made(StrEnum):
    """What was made of a reply. TAKEN_BEFORE: somebody has the case. NOTHING: it asks for what is not there (any more).

    CONFIRMED: an answer at a level where all must; the last of them takes the case. The last three: see optout.py.
    """

    ACKNOWLEDGED = "acknowledged"
    CONFIRMED = "confirmed"
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
    """What was made of a reply. others: how many more cases this number was told of that nobody has taken;
    other_references: of the newest of them.

    taken_by: the name of whoever has the case already.
    """

    what: Made
    case_id: str | None = None
    reference: str | None = None
    alert_id: str | None = None
    person: str | None = None
    others: int = 0
    taken_by: str | None = None
    other_references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Yes:
    """Somebody takes a case; which one, if they said so by (the beginning of) its reference."""

    reference: str = ""

    def is_for(self, alert: Alert) -> bool:
        return _plain(reference(alert.case_id)).startswith(self.reference)


@dataclass(frozen=True)
class Told:
    """An alert that reached somebody, and how its case stands.

    confirmed_at: when its recipient answered it, where all who were called must.
    """

    alert: Alert
    standing: Standing
    confirmed_at: datetime | None = None

    def was_open(self, at: datetime) -> bool:
        """Whether the case could be taken then: an answer that came later may be this very one, told twice."""
        answered_at = self.standing.answered_at
        if self.standing.is_over or self.alert.created_at > at:
            return False
        return not self.standing.settles(self.alert.case_revision) or (answered_at is not None and answered_at >= at)

    def was_confirmed(self, at: datetime) -> bool:
        """Whether its recipient had answered it: their next answer means another case; told again, it is this one."""
        return self.confirmed_at is not None and self.confirmed_at < at

    def waited(self, at: datetime) -> bool:
        """Whether its case could be taken then, and its recipient had not answered it."""
        return self.was_open(at) and not self.was_confirmed(at)

    @property
    def taker(self) -> str | None:
        """Whoever has the case, where that is the newest answer to it."""
        return self.standing.taken_by if self.standing.settles(self.alert.case_revision) else None

    def was_done(self, people: Collection[str], at: datetime) -> bool:
        """Whether these people have taken the case, or done what they can."""
        return self.taker in people or self.was_confirmed(at)


def yes_in(text: str) -> Yes | None:
    """What the text asks for, or None when it is no answer: `1`, `ACK`, `1 0f8c2d11`, in any script and punctuation."""
    words = _WORDS.findall(_with_plain_digits(text))
    if not words or words[0] not in YES:
        return None
    rest = "".join(words[1:])
    return Yes(rest) if not rest or _REFERENCE.fullmatch(rest) else None


@dataclass(frozen=True)
class Meaning:
    """Which alert a reply means, if its case can be taken; late: if somebody has it. others: more cases to be taken."""

    alert: Alert | None
    late: Told | None
    others: tuple[str, ...]


def meaning(yes: Yes, told: Iterable[Told], people: Collection[str], at: datetime) -> Meaning:
    """told: the newest first; people: who has the number.

    Without a reference it is the newest alert, and an older one only where these people have answered all newer ones:
    whoever answers an alert that a colleague was quicker to take does not mean another case.
    """
    known = [one for one in told if one.alert.created_at <= at]
    fitting = [one for one in known if yes.is_for(one.alert)]
    undone = [one for one in fitting if one.waited(at) or not (yes.reference or one.was_done(people, at))]
    found = next(iter([*undone, *fitting]), None)
    alert = found.alert if found and found.was_open(at) else None
    late = found if found and alert is None and found.taker else None
    open_ = dict.fromkeys(one.alert.case_id for one in known if one.waited(at))
    return Meaning(alert, late, tuple(id_ for id_ in open_ if alert is None or id_ != alert.case_id))


def _plain(text: str) -> str:
    return "".join(_WORDS.findall(text.casefold()))


def _with_plain_digits(text: str) -> str:
    return "".join(_plain_digits(unicodedata.normalize("NFKC", text).casefold()))


def _plain_digits(text: str) -> Iterator[str]:
    for c in text:
        digit = unicodedata.decimal(c, None)
        yield c if digit is None else str(digit)
