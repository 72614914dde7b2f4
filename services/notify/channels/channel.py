"""What a channel is: the small protocol behind which each way of reaching people lives. Called by the dispatcher."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from services.notify.domain.outcomes import Outcome


@dataclass(frozen=True)
class Button:
    """Something to press in a chat: opens `url`, or answers with `token`, which says which alert it answers."""

    label: str
    url: str = ""
    token: str = ""


@dataclass(frozen=True)
class Entry:
    """One case of a digest, for channels that show each with buttons of its own."""

    text: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Letter:
    """A written alert, or a digest of several: then `alert_id` is its own id and `case_id` is empty, as of no thread.

    `text` is all that a channel without subject and markup sends. facts: what a program may know of it, as JSON, no
    more than the text tells. may_repeat: an earlier attempt may have arrived.
    """

    alert_id: str
    case_id: str
    address: str
    text: str
    subject: str = ""
    html: str = ""
    language: str = "en"
    buttons: tuple[Button, ...] = ()
    entries: tuple[Entry, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    may_repeat: bool = False


class NotOurs(Exception):
    """The alert was answered or claimed anew before it was handed off: it must not leave. Raised by `hand_off`."""


HandOff = Callable[[], Letter | None]


class Channel(Protocol):
    """One way of reaching people, by one provider; used by several senders at once."""

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome:
        """Sends to one recipient.

        Calls `hand_off` right before the first step after which the letter may arrive, and lets its NotOurs through.
        Where it gives a letter, that one leaves: some cases of the digest were answered meanwhile.
        What fails before that step is certainly unsent; what is not known afterwards is Ambiguous.
        """

    def look_up(self, letter: Letter, since: datetime) -> Outcome | None:
        """What became of a letter that was handed off after `since` and whose answer is missing.

        Accepted: the provider has it. None: it has not, so far as it knows by now. Ambiguous: nobody can tell.
        Temporary: to be asked again.
        """

    def close(self) -> None:
        """Ends the connections that are kept open."""
