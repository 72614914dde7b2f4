"""Somebody pressed the button of an alert in a chat, and what that means; pure, called by clicks and the door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.notify.domain.alert import Alert, ChannelName
from services.notify.domain.reply import Told


class Pressed(StrEnum):
    """What was made of a press. OVER: nobody needs to take it any more. STRANGER: of the chat, but no contact."""

    TAKEN = "taken"
    TAKEN_BEFORE = "taken_before"
    OVER = "over"
    EXPIRED = "expired"
    INVALID = "invalid"
    STRANGER = "stranger"


@dataclass(frozen=True)
class Click:
    """user: the address of whoever pressed, in that channel. alert_id: of the signed button; None = `fault` says why.

    answer_to: where the chat takes what is said to them.
    """

    channel: ChannelName
    user: str
    alert_id: str | None
    at: datetime | None = None
    fault: Pressed | None = None
    answer_to: str = field(default="", repr=False)


@dataclass(frozen=True)
class Clicked:
    """What was made of it; name: of whoever has the case, if that is known. language: of whoever pressed."""

    what: Pressed
    reference: str = ""
    name: str = ""
    language: str = "en"


@dataclass(frozen=True)
class Press:
    """What a press means. answers: the alert that it answers, None = it asks for nothing. taker: who has the case."""

    what: Pressed
    answers: Alert | None = None
    taker: str | None = None


def meaning(person: str, told: Sequence[Told], pressed: Mapping[str, str], at: datetime) -> Press:
    """told: the alert of the button, then those of the case's later escalations, the newest first.

    An old button answers the newest of them that still calls somebody: whoever presses it means the case. pressed: who
    was first to answer which alert, as that may be on its way still. Of two at once escalation has decided.
    """
    open_ = next((one for one in told if one.was_open(at)), None)
    meant = open_ or told[0]
    taker = meant.taker or (pressed.get(meant.alert.id) if open_ else None)
    if taker is not None and taker != person:
        return Press(Pressed.TAKEN_BEFORE, taker=taker)
    if open_ is not None:
        return Press(Pressed.TAKEN, open_.alert, person)
    return Press(Pressed.TAKEN if taker else Pressed.OVER, taker=taker)
