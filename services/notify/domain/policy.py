"""How an installation wants its alerts to be sent, as its policy file says; pure, carried by rules.py."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from services.notify.domain.alert import ChannelName
from shared.contracts.event import Severity


class InDoubt(StrEnum):
    """What becomes of a send whose answer is missing.

    LEAVE: it ends as ambiguous, and the next channel is tried. AGAIN: it is sent once more, under the same id.
    LOOK_UP: the provider is asked, and it is sent once more if the provider does not have it.
    """

    LEAVE = "leave"
    AGAIN = "again"
    LOOK_UP = "look_up"


@dataclass(frozen=True)
class Limit:
    """At most so many within so long."""

    most: int
    within: timedelta


@dataclass(frozen=True)
class Policy:
    """fall_back_after: the next channel begins when the one before took so long; without, only when it failed.

    person_limits: alerts to one person through a channel. provider_limits: letters to a provider, by its name, in each
    replica. excerpt_in: the channels whose letters may quote the complaint. segments: the most parts of a text message.
    """

    version: str = "none"
    in_doubt: Mapping[ChannelName, Mapping[Severity, InDoubt]] = field(default_factory=dict)
    fall_back_after: Mapping[Severity, timedelta] = field(default_factory=dict)
    person_limits: Mapping[ChannelName, Limit] = field(default_factory=dict)
    provider_limits: Mapping[str, Limit] = field(default_factory=dict)
    excerpt_in: frozenset[ChannelName] = frozenset({ChannelName.EMAIL})
    segments: int = 6

    def doubt(self, channel: ChannelName, severity: Severity) -> InDoubt:
        return self.in_doubt.get(channel, {}).get(severity, InDoubt.LEAVE)

    def limited_but(self, known: Collection[str]) -> list[str]:
        """The providers that it limits, without these."""
        return sorted(set(self.provider_limits) - set(known))


NO_POLICY = Policy()
