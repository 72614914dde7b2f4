"""A provider that a test plays, and a clock that it turns: for lines, gates and hosts."""

import threading
from collections.abc import Callable
from datetime import datetime

from services.notify.channels.channel import HandOff, Letter
from services.notify.channels.line import Line, Provider
from services.notify.domain.alert import ChannelName
from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Permanent, Reason, RetryAfter, Temporary
from tests.harness.process import PATIENCE

AWAY = Temporary(Reason.PROVIDER_AWAY)
DEFERRED = Temporary(Reason.PROVIDER_DEFERRED)
LOST = Ambiguous(Reason.NO_ANSWER)
REFUSED = Permanent(Reason.RECIPIENT_REFUSED)
THROTTLED = RetryAfter(40, Reason.PROVIDER_THROTTLED)
SENDERS = 3


class Hands:
    """Those of a clock."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


class Played:
    """Hands off, and answers as it is set to; keeps what reached it."""

    def __init__(self, answer: Outcome | Exception | None = None):
        self.answer: Outcome | Exception = answer or Accepted("id-1")
        self.letters: list[Letter] = []
        self.found: Outcome | None = None
        self.before_answer: Callable[[], None] = lambda: None

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome:
        self.letters.append(hand_off() or letter)
        answer = self.answer
        self.before_answer()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def look_up(self, letter: Letter, since: datetime) -> Outcome | None:
        return self.found

    def close(self) -> None:
        self.letters.clear()


class Held:
    """Lets letters hang at a provider, in threads, until `let_go`."""

    def __init__(self, played: Played):
        self._played, self._go, self._threads = played, threading.Event(), list[threading.Thread]()
        self._arrived = threading.Semaphore(0)
        played.before_answer = self._hang

    def _hang(self) -> None:
        self._arrived.release()
        assert self._go.wait(PATIENCE)

    def send(self, number: int, send: Callable[[], object]) -> None:
        """Returns when so many letters hang there."""
        for _ in range(number):
            thread = threading.Thread(target=send)
            self._threads.append(thread)
            thread.start()
            assert self._arrived.acquire(timeout=PATIENCE)

    def let_go(self) -> None:
        self._go.set()
        for thread in self._threads:
            thread.join(PATIENCE)
        self._played.before_answer = lambda: None


def a_letter(address: str = "ann@example.org", alert_id: str = "alert-1", text: str = "hello") -> Letter:
    return Letter(alert_id, "case-1", address, text)


def a_line(*providers: Played, clock: Hands, channel: ChannelName = ChannelName.SMS, of_hosts: bool = False) -> Line:
    """Providers first, second, …, with room for three letters each."""
    names = ("first", "second", "third")
    return Line(
        channel,
        [Provider(n, p, of_hosts) for n, p in zip(names, providers, strict=False)],
        SENDERS,
        clock,
    )


def send(line: Line, times: int = 1, letter: Letter | None = None) -> Outcome:
    """The last outcome."""
    outcomes = [line.send(letter or a_letter(), lambda: None) for _ in range(times)]
    return outcomes[-1]
