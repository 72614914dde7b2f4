"""Alerts to whatever else the library Apprise reaches: ntfy, Telegram, Discord, Matrix, PagerDuty, Opsgenie and more.

Called by the dispatcher's senders. https://appriseit.com/services/ has the form of each URL. The library says only
whether all went well, so a failure is ambiguous: a connection that was refused and an answer that was lost look alike.
"""

import re
from datetime import datetime
from functools import cache
from typing import Any

import eventlet

from services.notify.channels.apprise_address import fault_of, library
from services.notify.channels.channel import HandOff, Letter
from services.notify.channels.guard import Allowed, leads_out
from services.notify.channels.http import USUAL, Timeouts
from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Permanent, Reason, Temporary

# Where services keep the host that they connect to, if it need not be that of their address: `mailto://…?smtp=`.
_ELSEWHERE = ("smtp_host", "xmpp_host", "endpoint")
_CALLS = re.compile(r"(?<=@)(?=[\w!&])|(?<=<)(?=[!@#])")
_NOTHING = "\u200b"


class LongTail:
    """The channel `apprise`; an address is a URL as Apprise writes it, of one service."""

    def __init__(self, allowed: Allowed, timeouts: Timeouts = USUAL):
        self._allowed, self._timeouts = allowed, timeouts

    def close(self) -> None:
        """Nothing is kept open: the library connects for each message."""

    def look_up(self, letter: Letter, since: datetime) -> Outcome | None:
        return Ambiguous(Reason.NO_ANSWER)

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome:
        service = _service(letter.address, self._timeouts)
        if service is None:
            return Permanent(Reason.INVALID_ADDRESS, "url")
        if refusal := self._refusal(service):
            return refusal
        letter = hand_off() or letter
        overdue = eventlet.Timeout(self._timeouts.within)
        try:
            return Accepted() if _sent(service, letter) else Ambiguous(Reason.PROVIDER_ERROR)
        except eventlet.Timeout as late:
            if late is not overdue:
                raise
            return Ambiguous(Reason.NO_ANSWER)
        finally:
            overdue.cancel()

    def _refusal(self, service: Any) -> Outcome | None:
        """A look at its hosts before the library makes its own connection; those of fixed services have none."""
        try:
            leads = all(leads_out(self._allowed, host) for host in _hosts(service))
            return None if leads else Permanent(Reason.INVALID_ADDRESS, "not_allowed")
        except (OSError, UnicodeError):
            return Temporary(Reason.PROVIDER_AWAY)


def _hosts(service: Any) -> list[str]:
    """All that it may connect to: that of its address, and those that options name instead."""
    has_host = any("{host}" in form for form in service.templates)  # else its `host` is a token, or anything
    named = (getattr(service, name, "") for name in _ELSEWHERE)
    return [str(host) for host in (service.host if has_host else "", *named) if host]


@cache
def _asset() -> Any:
    """No threads, no redirects, no colours of its own making; the time limit is ours."""
    return library().AppriseAsset(async_mode=False, service_timeout=0, http_redirects=False, app_id="Ombud")


def _service(url: str, timeouts: Timeouts) -> Any:
    """The library's object for one URL, or None for one that is refused."""
    service = None if fault_of(url) else library().Apprise.instantiate(url, asset=_asset())
    if service is None:
        return None
    # Of what a URL may ask for: no second try, which could send it twice, and no failure that counts as success.
    service.retry, service.optional, service.redirects = 0, False, False
    service.socket_connect_timeout = min(service.socket_connect_timeout, timeouts.connect)
    service.socket_read_timeout = min(service.socket_read_timeout, timeouts.read)
    return service


def _sent(service: Any, letter: Letter) -> bool:
    apprise = library()
    every = apprise.Apprise(asset=_asset())
    every.add(service)
    text = apprise.NotifyFormat.TEXT
    service.notify_format = text  # nothing in it is markup
    return bool(every.notify(body=without_calls(letter.text), title=without_calls(letter.subject), body_format=text))


def without_calls(text: str) -> str:
    """With a mark of no width where `@everyone` or `<!here>` would call people together, as each chat has its own."""
    return _CALLS.sub(_NOTHING, text)
