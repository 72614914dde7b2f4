"""Alerts in Slack by `chat.postMessage`, with a button that takes the case. Called by the dispatcher's senders.

https://docs.slack.dev/reference/methods/chat.postMessage; what a press of the button becomes: `doors/slack.py`.
Slack knows no key by which it would recognise a repetition, so a lost answer is ambiguous.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from services.notify.channels import http
from services.notify.channels.channel import Button, Entry, HandOff, Letter
from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Permanent, Reason, RetryAfter, Temporary

SLACK = "https://slack.com/api"
TAKE, OPEN = "ombud.take", "ombud.open"
LONGEST_FALLBACK, LONGEST_HEADER, LONGEST_SECTION, LONGEST_LABEL, LONGEST_VALUE = 4000, 150, 3000, 75, 2000
MOST_ENTRIES, MOST_SECTIONS = 20, 8  # with header and buttons below the 50 blocks that a message may have
_WORD = re.compile(r"[a-z_]{1,60}")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LOGIN = _words(
    "invalid_auth not_authed account_inactive token_revoked token_expired no_permission missing_scope access_denied "
    "accesslimited ekm_access_denied org_login_required team_access_not_granted not_allowed_token_type "
    "enterprise_is_restricted two_factor_setup_required"
)
_NOBODY = _words("channel_not_found user_not_found users_not_found invalid_channel")
_CLOSED = _words(
    "not_in_channel is_archived user_disabled messages_tab_disabled cannot_dm_bot restricted_action "
    "restricted_action_read_only_channel restricted_action_thread_only_channel is_inactive"
)
_THROTTLED = _words("ratelimited rate_limited message_limit_exceeded")
_LATER = _words("service_unavailable team_added_to_org request_timeout")
_UNSURE = _words("internal_error fatal_error")  # "some aspect may have succeeded", says Slack


@dataclass(frozen=True)
class Workspace:
    """Where messages go and in whose name. has_door: presses of buttons come back to us; else none is shown."""

    token: str = field(repr=False)
    url: str = SLACK
    has_door: bool = False


class Slack:
    """The channel `slack`; an address is the id of a user, of a channel or of a direct message."""

    def __init__(self, workspace: Workspace, senders: int, timeouts: http.Timeouts = http.USUAL):
        self._workspace, self._timeouts = workspace, timeouts
        self._http = http.session(http.plain_adapter(senders))

    def close(self) -> None:
        self._http.close()

    def look_up(self, letter: Letter, since: datetime) -> Outcome | None:
        return Ambiguous(Reason.NO_ANSWER)

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome:
        letter = hand_off() or letter
        answer = http.post(
            self._http,
            f"{self._workspace.url}/chat.postMessage",
            orjson.dumps(message(letter, has_door=self._workspace.has_door)),
            {"Authorization": f"Bearer {self._workspace.token}"},
            self._timeouts,
        )
        return outcome_of(answer) if isinstance(answer, http.Answer) else answer


def message(letter: Letter, *, has_door: bool) -> dict[str, Any]:
    """The body: all that people wrote is plain text, in which neither links nor `<!channel>` mean anything."""
    return {
        "channel": letter.address,
        "text": escaped(letter.subject or letter.text)[:LONGEST_FALLBACK],  # where blocks cannot be shown
        "blocks": list(_blocks(letter, has_door)),
        "parse": "none",
        "link_names": False,
        "mrkdwn": False,
        # Else Slack would fetch the signed link, to show what is behind it.
        "unfurl_links": False,
        "unfurl_media": False,
    }


def escaped(text: str) -> str:
    """Where Slack would read `<…>` as a mention or a link."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _blocks(letter: Letter, has_door: bool) -> Iterator[dict[str, Any]]:
    if letter.subject:
        yield {"type": "header", "text": _plain(letter.subject, LONGEST_HEADER)}
    shown, rest = letter.entries[:MOST_ENTRIES], letter.entries[MOST_ENTRIES:]
    for entry in shown or (Entry(letter.text),):
        yield from _sections(entry.text)
        yield from _actions(entry.buttons, has_door)
    yield from _sections("\n".join(entry.text for entry in rest))
    yield from _actions(letter.buttons, has_door)


def _sections(text: str) -> Iterator[dict[str, Any]]:
    text = text.strip()
    for start in range(0, min(len(text), MOST_SECTIONS * LONGEST_SECTION), LONGEST_SECTION):
        yield {"type": "section", "text": _plain(text[start : start + LONGEST_SECTION], LONGEST_SECTION)}


def _actions(buttons: Iterable[Button], has_door: bool) -> Iterator[dict[str, Any]]:
    made = [_button(button, place) for place, button in enumerate(buttons) if _is_usable(button, has_door)]
    if made:
        yield {"type": "actions", "elements": made}


def _is_usable(button: Button, has_door: bool) -> bool:
    return bool(button.url) or (has_door and 0 < len(button.token) <= LONGEST_VALUE)


def _button(button: Button, place: int) -> dict[str, Any]:
    label = {"type": "button", "text": _plain(button.label, LONGEST_LABEL)}
    if button.url:
        return label | {"action_id": f"{OPEN}.{place}", "url": button.url}
    return label | {"action_id": f"{TAKE}.{place}", "value": button.token, "style": "primary"}


def _plain(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": text[:limit], "emoji": False}


def outcome_of(answer: http.Answer) -> Outcome:
    """What Slack's answer means; most faults come with status 200 and a word."""
    body = answer.json()
    if answer.status == 200 and body.get("ok") is True:
        return Accepted(str(body.get("ts") or ""), "200")
    word = str(body.get("error") or "")
    word = word if _WORD.fullmatch(word) else ""
    detail = f"{answer.status} {word}".strip()
    if answer.status == 429 or word in _THROTTLED:
        return http.throttled(answer, detail)
    return _refused(answer.status, word, detail)


def _refused(status: int, word: str, detail: str) -> Outcome:
    if status >= 500 or status == 408 or word in _UNSURE:
        return Ambiguous(Reason.PROVIDER_ERROR, detail)
    if word in _LOGIN or status in (401, 403):
        return Temporary(Reason.LOGIN_REFUSED, detail)
    if word in _LATER:
        return RetryAfter(http.PAUSE_WHEN_THROTTLED, Reason.PROVIDER_DEFERRED, detail)
    if word in _NOBODY:
        return Permanent(Reason.INVALID_ADDRESS, detail)
    if word in _CLOSED:
        return Permanent(Reason.RECIPIENT_REFUSED, detail)
    if word:
        return Permanent(Reason.MESSAGE_REFUSED, detail)
    # No words of Slack's: 200 from who knows whom, or an address that is not that of its API.
    return Ambiguous(Reason.PROVIDER_ERROR, detail) if status == 200 else Temporary(Reason.WRONG_SETTINGS, detail)
