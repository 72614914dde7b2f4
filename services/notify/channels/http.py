"""What channels share that post over HTTP: the session, the time-outs, and what an answer or its absence means."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import eventlet
import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from services.notify.channels.guard import AddressRefused
from services.notify.domain.outcomes import Ambiguous, Outcome, Permanent, Reason, RetryAfter, Temporary

PAUSE_WHEN_THROTTLED = 5.0
LONGEST_PAUSE = 3600.0
LARGEST_ANSWER = 64 * 1024
# OpenSSL's words for what fails before the first byte of a request; its other errors may come behind the last.
_HANDSHAKE = ("CERTIFICATE_VERIFY_FAILED", "WRONG_VERSION_NUMBER")


@dataclass(frozen=True)
class Timeouts:
    """Seconds. within: for all of it, since some answer a byte at a time; shorter than the lease of a hand-off."""

    connect: float = 10.0
    read: float = 30.0
    within: float = 60.0


USUAL = Timeouts()


def session(adapter: HTTPAdapter) -> requests.Session:
    """A session for many senders at once, that sends no password from anybody's .netrc."""
    made = requests.Session()
    made.auth = _as_it_is
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


def plain_adapter(senders: int) -> HTTPAdapter:
    # No retries of the library's own: whether a failed POST may be repeated is decided by the outcome.
    return HTTPAdapter(pool_connections=1, pool_maxsize=senders, max_retries=0)


class Answer:
    """Status, headers and the beginning of the body: a receiver could answer without end."""

    def __init__(self, response: requests.Response):
        self.status, self.headers = response.status_code, response.headers
        try:
            self.body = next(response.iter_content(LARGEST_ANSWER), b"")
        except requests.exceptions.RequestException:
            self.body = b""  # broken off, but the status is known

    def json(self) -> dict[str, Any]:
        try:
            body = orjson.loads(self.body)
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}


def post(
    http: requests.Session, url: str, body: bytes, headers: Mapping[str, str], timeouts: Timeouts = USUAL
) -> Answer | Outcome:
    """The answer, or what its absence means. Redirects are not followed: the letter is for nobody else."""
    try:
        with (
            eventlet.Timeout(timeouts.within, requests.exceptions.ReadTimeout("overdue")),
            http.post(
                url,
                data=body,
                headers={"Content-Type": "application/json; charset=utf-8", **headers},
                timeout=(timeouts.connect, timeouts.read),
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            return Answer(response)
    except requests.exceptions.RequestException as error:
        return unanswered(error)
    except ValueError:  # of urllib3, for what is no URL
        return Permanent(Reason.INVALID_ADDRESS, "url")


def unanswered(error: requests.exceptions.RequestException) -> Outcome:
    """What a failed request means by how far it came."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    if isinstance(reason, AddressRefused):
        return Permanent(Reason.INVALID_ADDRESS, "not_allowed")
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return Temporary(Reason.PROVIDER_AWAY)
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return Temporary(Reason.PROVIDER_AWAY)
    if isinstance(error, requests.exceptions.SSLError) and any(sign in str(error) for sign in _HANDSHAKE):
        return Temporary(Reason.WRONG_SETTINGS, "tls")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return Permanent(Reason.INVALID_ADDRESS, "url")
    return Ambiguous(Reason.NO_ANSWER, type(error).__name__)


def throttled(answer: Answer, detail: str) -> RetryAfter:
    return RetryAfter(retry_after(answer.headers.get("Retry-After")), Reason.PROVIDER_THROTTLED, detail)


def retry_after(text: str | None) -> float:
    """Seconds to wait; a date, which hardly anybody sends, counts as none."""
    try:
        return min(LONGEST_PAUSE, max(1.0, float(text or PAUSE_WHEN_THROTTLED)))
    except ValueError:
        return PAUSE_WHEN_THROTTLED


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
