"""Somebody pressed the button of an alert in a chat, and what is said to them; pure, called by clicks and the door."""

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
    """What was made of it; name: of whoever has the case, if that is known."""

    what: Pressed
    reference: str = ""
    name: str = ""


def sentence(made: Clicked) -> str:
    """What the chat shows."""
    texts = {
        Pressed.TAKEN: f"{made.name} took {made.reference}.",
        Pressed.TAKEN_BEFORE: f"{made.reference} was already taken by {made.name}.",
        Pressed.OVER: f"{made.reference} is not waiting for anybody any more.",
        Pressed.EXPIRED: "This button is too old. The case may still be open: look at the newest alert about it.",
        Pressed.INVALID: "This button is none of ours.",
        Pressed.STRANGER: "You are not among the contacts with a Slack address, so you cannot take it here. "
        "The link of the alert still works.",
    }
    return texts[made.what]
