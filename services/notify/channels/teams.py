"""Alerts in Microsoft Teams: an Adaptive Card to the URL of a workflow. Called by the dispatcher's senders.

https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using and
https://adaptivecards.io/explorer/RichTextBlock.html: the one element whose text is never read as Markdown.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson

from services.notify.channels import http
from services.notify.channels.channel import Button, Entry, HandOff, Letter
from services.notify.channels.guard import Allowed, guarded_adapter
from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Permanent, Reason

LARGEST = 27_000  # bytes; Teams refuses messages above 28 KB
MOST_BUTTONS = 6  # that Teams shows in one row
CARD = "application/vnd.microsoft.card.adaptive"


class Teams:
    """The channel `teams`; an address is the URL of a workflow that posts the card that it is sent."""

    def __init__(self, allowed: Allowed, senders: int, timeouts: http.Timeouts = http.USUAL):
        self._allowed, self._timeouts = allowed, timeouts
        self._http = http.session(guarded_adapter(allowed, senders))

    def close(self) -> None:
        self._http.close()

    def look_up(self, letter: Letter, since: datetime) -> Outcome | None:
        return Ambiguous(Reason.NO_ANSWER)

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome:
        if not self._allowed.permits_url(letter.address):
            return Permanent(Reason.INVALID_ADDRESS, "not_allowed")
        letter = hand_off() or letter
        answer = http.post(self._http, letter.address, message(letter), {}, self._timeouts)
        return outcome_of(answer) if isinstance(answer, http.Answer) else answer


def message(letter: Letter) -> bytes:
    """The body, with as many lines and cases of a digest as there is room for."""
    parts = list(_parts(letter))
    body = _written(letter, parts)
    while len(body) > LARGEST and len(parts) > 1:
        parts = parts[: max(1, len(parts) * LARGEST // len(body) - 1)]
        body = _written(letter, [*parts, *_line("…")])
    return body


def _written(letter: Letter, parts: list[dict[str, Any]]) -> bytes:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [*_line(letter.subject, "Bolder"), *parts],
        "actions": _actions(letter.buttons),
    }
    return orjson.dumps({"type": "message", "attachments": [{"contentType": CARD, "content": card}]})


def _parts(letter: Letter) -> Iterator[dict[str, Any]]:
    for entry in letter.entries or (Entry(letter.text),):
        for line in entry.text.splitlines():
            yield from _line(line)
        if actions := _actions(entry.buttons):
            yield {"type": "ActionSet", "actions": actions}


def _line(text: str, weight: str = "Default") -> Iterator[dict[str, Any]]:
    """One element a line: within one, Teams takes line breaks for spaces."""
    text = text.strip()[: LARGEST // 8]  # at most four bytes a character: two of such lines have room
    if text:
        run = {"type": "TextRun", "text": text, "weight": weight}
        yield {"type": "RichTextBlock", "inlines": [run], "spacing": "Small"}


def _actions(buttons: tuple[Button, ...]) -> list[dict[str, Any]]:
    """Links only: what a workflow posts has no button that would answer to us."""
    links = [button for button in buttons if button.url]
    return [{"type": "Action.OpenUrl", "title": link.label, "url": link.url} for link in links[:MOST_BUTTONS]]


def outcome_of(answer: http.Answer) -> Outcome:
    status, detail = answer.status, str(answer.status)
    if 200 <= status < 300:
        return Accepted(detail=detail)  # 202: the workflow has it
    if status == 429:
        return http.throttled(answer, detail)
    if status >= 500 or status == 408:
        return Ambiguous(Reason.PROVIDER_ERROR, detail)
    if status in (400, 413, 415, 422):
        return Permanent(Reason.MESSAGE_REFUSED, detail)
    return Permanent(Reason.INVALID_ADDRESS, detail)  # 401, 403: the URL holds the signature; 404, 410: it is gone
