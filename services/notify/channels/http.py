"""What channels share that speak HTTP: the session, the time-outs, and what an answer or its absence means."""

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
LARGEST_PAGE = 1024 * 1024  # of a provider that an operator has chosen
LOOPBACK = ("127.0.0.1", "::1", "localhost")  # the only hosts to which a login may go unencrypted
# OpenSSL's words for what fails before the first byte of a request; its other errors may come behind the last.
_HANDSHAKE = ("CERTIFICATE_VERIFY_FAILED", "WRONG_VERSION_NUMBER")

_UNUSABLE = (
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
)


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


@dataclass(frozen=True)
class Provider:
    """Whose URLs stand in the settings. name: of the provider, told with what stays in doubt."""

    name: str
    timeouts: Timeouts = USUAL


class Answer:
    """Status, headers and the beginning of the body: a receiver could answer without end. broken: what cut it off."""

    broken: requests.exceptions.RequestException | None = None

    def __init__(self, response: requests.Response, largest: int = LARGEST_ANSWER):
        self.status, self.headers, self.body = response.status_code, response.headers, b""
        try:
            for part in response.iter_content(largest):
                self.body += part
                if len(self.body) >= largest:
                    break
        except requests.exceptions.RequestException as error:
            self.broken = error

    @property
    def retry_after(self) -> float:
        return retry_after(self.headers.get("Retry-After"))

    def document(self) -> Any:
        """The JSON of the body; None for what is none."""
        try:
            return orjson.loads(self.body)
        except ValueError:
            return None

    def json(self) -> dict[str, Any]:
        body = self.document()
        return body if isinstance(body, dict) else {}


def ask(http: requests.Session, provider: Provider, method: str, url: str, **parts: Any) -> Answer | Outcome:
    """The answer of a provider, or what its absence means; what cannot be asked is a mistake in the settings."""
    try:
        answer = _answer(http, method, url, provider.timeouts, LARGEST_PAGE, **parts)
    except _UNUSABLE as error:
        return Temporary(Reason.WRONG_SETTINGS, type(error).__name__)
    except requests.exceptions.RequestException as error:
        return unanswered(error, provider.name)
    return unanswered(answer.broken, provider.name) if answer.broken else answer


def post(
    http: requests.Session, url: str, body: bytes, headers: Mapping[str, str], timeouts: Timeouts = USUAL
) -> Answer | Outcome:
    """The answer of an address of a contact's, or what its absence means."""
    headers = {"Content-Type": "application/json; charset=utf-8", **headers}
    try:
        return _answer(http, "POST", url, timeouts, LARGEST_ANSWER, data=body, headers=headers)
    except requests.exceptions.RequestException as error:
        return unanswered(error)
    except ValueError:  # of urllib3, for what is no URL
        return Permanent(Reason.INVALID_ADDRESS, "url")


def _answer(http: requests.Session, method: str, url: str, timeouts: Timeouts, largest: int, **parts: Any) -> Answer:
    """Without following redirects: neither the letter nor the login is for anybody else."""
    with (
        eventlet.Timeout(timeouts.within, requests.exceptions.ReadTimeout("overdue")),
        http.request(
            method,
            url,
            timeout=(timeouts.connect, timeouts.read),
            allow_redirects=False,
            stream=True,
            **parts,
        ) as response,
    ):
        return Answer(response, largest)


def unanswered(error: requests.exceptions.RequestException, provider: str = "") -> Outcome:
    """What a failed request means by how far it came."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    if isinstance(reason, AddressRefused):
        return Permanent(Reason.INVALID_ADDRESS, "not_allowed")
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return Temporary(Reason.PROVIDER_AWAY)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Temporary(Reason.PROVIDER_AWAY)
    if isinstance(error, requests.exceptions.ProxyError):  # only of what failed before there was a way through it
        return Temporary(Reason.PROVIDER_AWAY, "proxy")
    if isinstance(error, requests.exceptions.SSLError) and any(sign in str(error) for sign in _HANDSHAKE):
        return Temporary(Reason.WRONG_SETTINGS, "tls")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return Permanent(Reason.INVALID_ADDRESS, "url")
    return Ambiguous(Reason.NO_ANSWER, type(error).__name__, provider)


def throttled(answer: Answer, detail: str) -> RetryAfter:
    return RetryAfter(answer.retry_after, Reason.PROVIDER_THROTTLED, detail)


def retry_after(text: str | None) -> float:
    """Seconds to wait; a date, which hardly anybody sends, counts as none."""
    try:
        return min(LONGEST_PAUSE, max(1.0, float(text or PAUSE_WHEN_THROTTLED)))
    except ValueError:
        return PAUSE_WHEN_THROTTLED


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
