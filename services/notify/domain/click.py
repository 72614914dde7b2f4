"""Somebody pressed the button of an alert in a chat, and what that means; pure, called by clicks and the door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.notify.domain.alert import Alert, ChannelName, Escalation
from services.notify.domain.reply import Told


class Pressed(StrEnum):
    """What was made of a press. OVER: nobody needs to take it any more. STRANGER: of the chat, but no contact.

    CONFIRMED: an answer at a level where all must; the last of them takes the case.
    """

    TAKEN = "taken"
    CONFIRMED = "confirmed"
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


@dataclass(frozen=True)
class Scene:
    """What is known of the case of a button. told: its alert, then those of later escalations, the newest first.

    pressed: who was first to answer which of them, as escalation may not have heard of it. call: its newest escalation.
    """

    told: Sequence[Told]
    pressed: Mapping[str, str]
    call: Escalation | None = None


def meaning(person: str, scene: Scene, at: datetime) -> Press:
    """An old button answers the newest escalation that calls somebody: whoever presses it means the case."""
    open_ = next((one for one in scene.told if one.was_open(at)), None)
    meant = open_ or scene.told[0]
    taker = meant.taker or (scene.pressed.get(meant.alert.id) if open_ else None)  # of two at once escalation decided
    if taker is not None and taker != person:
        return Press(Pressed.TAKEN_BEFORE, taker=taker)
    if open_ is not None:
        is_partial = scene.call is not None and scene.call.waits_for_others(person)
        return Press(Pressed.CONFIRMED if is_partial else Pressed.TAKEN, open_.alert, person)
    return Press(Pressed.TAKEN if taker else Pressed.OVER, taker=taker)
