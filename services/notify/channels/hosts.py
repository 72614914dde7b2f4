"""A channel whose addresses are hosts of their own: one that hangs takes few senders. Wrapped by lines.py."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from services.notify.channels.breaker import Breaker, Clock, seconds
from services.notify.channels.channel import Channel, HandOff, Letter
from services.notify.channels.gate import Gate
from services.notify.domain.alert import ChannelName
from services.notify.domain.outcomes import Outcome, Reason, RetryAfter

AT_ONCE = 6  # letters on their way to one host, of all senders
# Seconds: who finds a host busy comes again in so long, each later than the one before, so that they come in turn.
BUSY_FOR, APART, LONGEST_TURN = 1.0, 0.1, 30.0
SWEPT_AT = 1000  # hosts; those with nothing to remember are then forgotten


def host_of(address: str) -> str:
    """By what letters share a fate: scheme and host of an URL. Never logged: in some URLs it is a secret."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


@dataclass
class _Host:
    """turn: when the last of those whom it had no room for comes again."""

    gate: Gate
    turn: float = 0.0


class Hosts:
    """Keeps the protocol of a Channel around another one. fate: what of an address fails together."""

    def __init__(
        self, name: ChannelName, channel: Channel, fate: Callable[[str], str] = host_of, clock: Clock = seconds
    ):
        self._name, self._channel, self._fate, self._clock = name, channel, fate, clock
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.Lock()
        self._breaker()  # its series are there from the start

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome:
        host = self._host(self._fate(letter.address))
        outcome = host.gate.send(letter, hand_off)
        return outcome if outcome is not None else self._later(host)

    def look_up(self, letter: Letter, since: datetime) -> Outcome | None:
        return self._channel.look_up(letter, since)

    def close(self) -> None:
        self._channel.close()

    def _host(self, fate: str) -> _Host:
        with self._lock:
            if fate not in self._hosts:
                if len(self._hosts) >= SWEPT_AT:
                    self._hosts = {name: host for name, host in self._hosts.items() if not host.gate.is_idle}
                self._hosts[fate] = _Host(Gate(self._channel, AT_ONCE, self._breaker(), clock=self._clock))
            return self._hosts[fate]

    def _breaker(self) -> Breaker:
        return Breaker(self._name, self._name.value, self._clock)

    def _later(self, host: _Host) -> RetryAfter:
        wait, now = host.gate.wait or BUSY_FOR, self._clock()
        with self._lock:
            host.turn = min(max(host.turn, now + wait) + APART, now + wait + LONGEST_TURN)
            pause = host.turn - now
        return RetryAfter(pause, Reason.PROVIDER_AWAY if host.gate.is_open else Reason.PROVIDER_THROTTLED)
