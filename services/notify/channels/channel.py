"""What a channel is: the small protocol behind which each way of reaching people lives. Called by the dispatcher."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from services.notify.outcomes import Outcome


@dataclass(frozen=True)
class Letter:
    """A written alert, or a digest of several: then `alert_id` is its own id and `case_id` is empty, as of no thread.

    `text` is all that a channel without subject and markup sends.
    """

    alert_id: str
    case_id: str
    address: str
    text: str
    subject: str = ""
    html: str = ""
    language: str = "en"


class NotOurs(Exception):
    """The alert was answered or claimed anew before it was handed off: it must not leave. Raised by `hand_off`."""


HandOff = Callable[[], Letter | None]


class Channel(Protocol):
    """One way of reaching people; used by several senders at once."""

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome:
        """Sends to one recipient.

        Calls `hand_off` right before the first step after which the letter may arrive, and lets its NotOurs through.
        Where it gives a letter, that one leaves: some cases of the digest were answered meanwhile.
        What fails before that step is certainly unsent; what is not known afterwards is Ambiguous.
        """

    def close(self) -> None:
        """Ends the connections that are kept open."""
