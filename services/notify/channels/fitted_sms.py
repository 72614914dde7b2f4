"""A provider of text messages that gets none with more parts than the policy allows. Made by lines.py."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from services.notify import metrics
from services.notify.channels.channel import Channel, HandOff, Letter
from services.notify.channels.sms_text import encoding_of, fitted, parts
from services.notify.domain.outcomes import Accepted, Outcome


class FittedSms:
    """most: the parts of a message that are allowed now."""

    def __init__(self, provider: Channel, most: Callable[[], int]):
        self._provider, self._most = provider, most

    def close(self) -> None:
        self._provider.close()

    def look_up(self, letter: Letter, since: datetime) -> Outcome | None:
        return self._provider.look_up(self._fit(letter), since)

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome:
        leaving = [self._fit(letter)]

        def fitting_hand_off() -> Letter | None:
            shorter = hand_off()
            if shorter is None:
                return None
            leaving.append(self._fit(shorter))
            return leaving[-1]

        outcome = self._provider.send(leaving[0], fitting_hand_off)
        if isinstance(outcome, Accepted):
            text = leaving[-1].text
            metrics.SMS_SEGMENTS.labels(encoding_of(text).value).inc(len(parts(text)))
        return outcome

    def _fit(self, letter: Letter) -> Letter:
        return replace(letter, text=fitted(letter.text, self._most()))
