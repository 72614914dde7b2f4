"""What a sender is given: claimed alerts that leave as one letter. Made and sent by senders/."""

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime

from services.notify.domain.alert import IN_DOUBT, Alert, Escalation
from services.notify.domain.contact import Contact


@dataclass(frozen=True)
class Piece:
    """A claimed alert of a letter, and what it tells."""

    alert: Alert
    escalation: Escalation


@dataclass(frozen=True)
class Job:
    """One letter to send, with all that is needed to write and address it: of one alert, or a digest of several.

    asks_first: an earlier attempt may have arrived, and the provider can tell. doubted_at: when that was last so.
    """

    pieces: tuple[Piece, ...]
    contact: Contact | None
    asks_first: bool = False
    doubted_at: datetime | None = None

    @property
    def alert(self) -> Alert:
        """The one that is before the others in line."""
        return self.pieces[0].alert

    @property
    def alerts(self) -> tuple[Alert, ...]:
        return tuple(piece.alert for piece in self.pieces)

    @property
    def at_first(self) -> "Job":
        """As it was before anything was in doubt, which its letter would say."""
        return replace(
            self, pieces=tuple(replace(piece, alert=replace(piece.alert, doubts=0)) for piece in self.pieces)
        )

    @property
    def may_repeat(self) -> bool:
        return any(piece.alert.doubts for piece in self.pieces)

    def may_turn_up(self, now: datetime) -> bool:
        """Whether what the provider does not know may still be on its way to it."""
        return self.doubted_at is not None and now < self.doubted_at + IN_DOUBT

    @property
    def is_digest(self) -> bool:
        return len(self.pieces) > 1

    def only(self, fences: Container[tuple[str, int]]) -> "Job":
        return replace(self, pieces=tuple(piece for piece in self.pieces if piece.alert.fence in fences))
