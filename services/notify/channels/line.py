"""A channel with its providers in their order, each with a breaker and a limit. Made by lines.py for the dispatcher."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.notify.channels.breaker import Breaker, Clock, seconds
from services.notify.channels.channel import Channel, HandOff, Letter
from services.notify.channels.gate import Gate
from services.notify.domain.alert import ChannelName
from services.notify.domain.outcomes import PROVIDER_FAULTS, Accepted, Ambiguous, Outcome, Reason, RetryAfter, Temporary
from services.notify.domain.policy import Limit

# Seconds after which no further provider is begun: what the last one takes until its answer must fit into the lease of
# a hand-off, which is renewed by its own.
BEGIN_WITHIN = 30.0
SOON = 2.0  # the pause of a letter that found no room, where others were quicker
Limits = Callable[[], Mapping[str, Limit]]


@dataclass(frozen=True)
class Provider:
    """name: in logs, metrics, the policy's limits, and with each alert. of_hosts: a `Hosts`, each with a breaker."""

    name: str
    channel: Channel
    of_hosts: bool = False


class Line:
    """Keeps the protocol of a Channel, and says how many letters there is room for."""

    def __init__(self, channel: ChannelName, providers: Sequence[Provider], senders: int, clock: Clock = seconds):
        self.senders = senders * len(providers)
        self._clock = clock
        self._limits: Limits = dict
        self._gates = {p.name: self._gate(channel, p, senders) for p in providers}

    def _gate(self, channel: ChannelName, provider: Provider, senders: int) -> Gate:
        breaker = None if provider.of_hosts else Breaker(channel, provider.name, self._clock)
        return Gate(provider.channel, senders, breaker, lambda: self._limits().get(provider.name), self._clock)

    @property
    def providers(self) -> tuple[str, ...]:
        return tuple(self._gates)

    def limit_by(self, limits: Limits) -> None:
        """limits: by provider, asked each time, so that a changed policy holds at once."""
        self._limits = limits

    def room(self) -> int:
        """How many letters may be on their way now, those that are included; claimed is never more.

        The next provider is made room for only where the one before is away or has used up its limit, not where its
        senders are busy.
        """
        room = sum(gate.on_the_way for gate in self._gates.values())
        for gate in self._gates.values():
            room += gate.may_begin()
            if gate.is_usable:
                break
        return room

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome:
        """By the first provider with room; at once by the next where one certainly sent nothing, by its own fault."""
        begin_until = self._clock() + BEGIN_WITHIN
        asked, failed = _Asked(letter, hand_off), list[Outcome]()
        for name, gate in self._gates.items():
            if failed and self._clock() > begin_until:
                break
            outcome = gate.send(asked.letter, asked)
            if outcome is None:
                continue
            if not _may_go_on(outcome):
                return _named(outcome, name)
            failed.append(outcome)
        return _soonest(failed) if failed else self._no_room()

    def look_up(self, letter: Letter, since: datetime, provider: str = "") -> Outcome | None:
        """provider: which one was asked to send it; "" = not known, any may have it."""
        if provider and provider not in self._gates:
            return Ambiguous(Reason.NO_ANSWER, provider=provider)  # it was taken out of the settings
        names = [provider] if provider else list(self._gates)
        answers = [(name, self._gates[name].channel.look_up(letter, since)) for name in names]
        return _most_certain([_named(answer, name) if answer else None for name, answer in answers])

    def close(self) -> None:
        for gate in self._gates.values():
            gate.channel.close()

    def _no_room(self) -> Outcome:
        is_away = any(gate.is_open for gate in self._gates.values())
        return RetryAfter(SOON, Reason.PROVIDER_AWAY if is_away else Reason.PROVIDER_THROTTLED)


class _Asked:
    """The hand-off as each provider calls it; remembers the letter that was left after the first time."""

    def __init__(self, letter: Letter, hand_off: HandOff):
        self.letter, self._hand_off = letter, hand_off

    def __call__(self) -> Letter | None:
        shorter = self._hand_off()
        self.letter = shorter or self.letter
        return shorter


def _may_go_on(outcome: Outcome) -> bool:
    if isinstance(outcome, Temporary):
        return outcome.reason in PROVIDER_FAULTS
    return isinstance(outcome, RetryAfter)


def _named(outcome: Outcome, provider: str) -> Outcome:
    if isinstance(outcome, Accepted | Ambiguous) and not outcome.provider:
        return replace(outcome, provider=provider)
    return outcome


def _soonest(failed: Sequence[Outcome]) -> Outcome:
    """What is tried again by our own delays, else what comes again first."""
    pauses = [outcome for outcome in failed if isinstance(outcome, RetryAfter)]
    if len(pauses) == len(failed):
        return min(pauses, key=lambda pause: pause.seconds)
    return next(outcome for outcome in failed if not isinstance(outcome, RetryAfter))


def _most_certain(answers: Iterable[Outcome | None]) -> Outcome | None:
    """Of providers of which any may have it: one that has it; else one to ask again, or that cannot tell; else none."""
    found: Outcome | None = None
    for answer in answers:
        if isinstance(answer, Accepted):
            return answer
        if found is None or isinstance(answer, Temporary | RetryAfter):
            found = answer
    return found
