"""Somebody pressed the button of an alert in a chat, and what was made of it; pure, called by clicks and the door."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.notify.domain.alert import ChannelName


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
