"""Whose addresses an operator wants to try; pure, from schemas.py to plans/trying.py."""

from dataclasses import dataclass

from services.notify.domain.alert import ChannelName


@dataclass(frozen=True)
class Wanted:
    """Whom to try to reach: a person, or everybody if it is None. channel: this one only."""

    person: str | None = None
    channel: ChannelName | None = None
