"""Alerts by SMS through Twilio's Messages API. Called by the dispatcher's senders.

https://www.twilio.com/docs/messaging/api/message-resource; error codes: https://www.twilio.com/docs/api/errors
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from services.notify.channels.channel import HandOff, Letter
from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Permanent, Reason, RetryAfter, Temporary
from shared.settings import WrongSettings

CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 30.0
PAUSE_WHEN_THROTTLED = 5.0
LONGEST_PAUSE = 3600.0
_THROTTLED = (20429, 30022, 14107)
_OPTED_OUT = (21610,)
_WRONG_NUMBER = (21211, 21214, 21217, 21614, 21421)
# Authentication, unknown account, sender number not ours, region not enabled: an operator must mend these.
_OPERATOR = (20003, 20404, 20005, 21212, 21408, 21603, 21606, 21659, 21660)
# OpenSSL's words for what fails before the first byte of a request; its other errors may come behind the last.
_HANDSHAKE = ("CERTIFICATE_VERIFY_FAILED", "WRONG_VERSION_NUMBER")


@dataclass(frozen=True)
class SmsProvider:
    """Where messages go; from `https://SID:TOKEN@api.twilio.com?from=%2B15551234567`."""

    url: str
    account: str
    token: str = field(repr=False)
    sender: str

    @classmethod
    def parse(cls, text: str) -> "SmsProvider":
        """Raises WrongSettings, whose text never repeats the URL: it holds the token."""
        wrong = WrongSettings("OMBUD_SMS_URL: the form is https://SID:TOKEN@api.twilio.com?from=%2B15551234567")
        try:
            parts = urlsplit(text)
            host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
        except ValueError:
            raise wrong from None
        sender = parse_qs(parts.query).get("from", [""])[0].strip().replace(" ", "+")
        if parts.scheme not in ("https", "http") or not (host and parts.username and parts.password and sender):
            raise wrong
        account = unquote(parts.username)
        url = f"{parts.scheme}://{host}{parts.path.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json"
        return cls(url, account, unquote(parts.password), sender)


class Sms:
    """The channel `sms`."""

    def __init__(self, provider: SmsProvider, senders: int, read_timeout: float = READ_TIMEOUT, callback: str = ""):
        self._callback = callback  # where the provider tells what became of a message; nowhere when empty
        self._provider, self._read_timeout = provider, read_timeout
        self._http = requests.Session()
        # No retries of the library's own: whether a failed POST may be repeated is decided here.
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=senders, max_retries=0)
        self._http.mount("https://", adapter)
        self._http.mount("http://", adapter)

    def close(self) -> None:
        self._http.close()

    def look_up(self, letter: Letter, since: datetime) -> Outcome | None:
        return Ambiguous(Reason.NO_ANSWER)

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome:
        hand_off()
        form = {"To": letter.address, "From": self._provider.sender, "Body": letter.text}
        form |= {"StatusCallback": f"{self._callback}?alert={letter.alert_id}"} if self._callback else {}
        try:
            response = self._http.post(
                self._provider.url,
                data=form,
                auth=(self._provider.account, self._provider.token),
                timeout=(CONNECT_TIMEOUT, self._read_timeout),
                allow_redirects=False,
            )
        except requests.exceptions.RequestException as error:
            return _unanswered(error)
        return outcome_of(response.status_code, _json(response), response.headers.get("Retry-After"))


def _unanswered(error: requests.exceptions.RequestException) -> Outcome:
    cause = error.args[0] if error.args else None
    never_connected = isinstance(cause, MaxRetryError) and isinstance(
        cause.reason, NewConnectionError | ConnectTimeoutError
    )
    if never_connected or isinstance(error, requests.exceptions.ConnectTimeout):
        return Temporary(Reason.PROVIDER_AWAY)
    if isinstance(error, requests.exceptions.SSLError) and any(sign in str(error) for sign in _HANDSHAKE):
        return Temporary(Reason.WRONG_SETTINGS, "tls")
    return Ambiguous(Reason.NO_ANSWER, type(error).__name__)


def outcome_of(status: int, body: dict[str, Any], retry_after: str | None) -> Outcome:
    """What an answer of the API means. A 5xx may have sent the message: Twilio says so itself (error 20500)."""
    code = body.get("code")
    detail = f"{status} {code}" if isinstance(code, int) else str(status)
    if 200 <= status < 300:
        return Accepted(str(body.get("sid") or ""), detail)
    if status == 429 or code in _THROTTLED:
        return RetryAfter(_seconds(retry_after), Reason.PROVIDER_THROTTLED, detail)
    if status >= 500:
        return Ambiguous(Reason.PROVIDER_ERROR, detail)
    if status in (401, 403) or code == 20003:
        return Temporary(Reason.LOGIN_REFUSED, detail)
    if code in _OPERATOR or status < 400 or status == 404:
        return Temporary(Reason.WRONG_SETTINGS, detail)
    if status == 408:
        return Ambiguous(Reason.NO_ANSWER, detail)
    if code in _OPTED_OUT:
        return Permanent(Reason.OPTED_OUT, detail)
    return Permanent(Reason.INVALID_ADDRESS if code in _WRONG_NUMBER else Reason.RECIPIENT_REFUSED, detail)


def _seconds(text: str | None) -> float:
    try:
        return min(LONGEST_PAUSE, max(1.0, float(text or PAUSE_WHEN_THROTTLED)))
    except ValueError:
        return PAUSE_WHEN_THROTTLED


def _json(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
