"""Requests to providers over HTTP, and what it means when one stays without an answer. Used by the SMS channels."""

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import (
    ConnectTimeout,
    InvalidHeader,
    InvalidSchema,
    InvalidURL,
    MissingSchema,
    ProxyError,
    RequestException,
    SSLError,
)
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from services.notify.domain.outcomes import Ambiguous, Outcome, Reason, Temporary

LOOPBACK = ("127.0.0.1", "::1", "localhost")  # the only hosts to which a login may go unencrypted
CONNECT_TIMEOUT, READ_TIMEOUT = 10.0, 30.0
PAUSE_WHEN_THROTTLED = 5.0
LONGEST_PAUSE = 3600.0
# OpenSSL's words for what fails before the first byte of a request; its other errors may come behind the last.
_HANDSHAKE = ("CERTIFICATE_VERIFY_FAILED", "WRONG_VERSION_NUMBER")
_UNUSABLE = (InvalidHeader, InvalidSchema, InvalidURL, MissingSchema)


def session(senders: int) -> requests.Session:
    """Connections that stay open; without retries of the library's own: whether a POST may be repeated we decide."""
    made = requests.Session()
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=senders, max_retries=0)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


def unanswered(error: RequestException, provider: str) -> Outcome:
    """What a request that got no answer may have done."""
    cause = error.args[0] if error.args else None
    never_connected = isinstance(cause, MaxRetryError) and isinstance(
        cause.reason, NewConnectionError | ConnectTimeoutError
    )
    if never_connected or isinstance(error, ConnectTimeout):
        return Temporary(Reason.PROVIDER_AWAY)
    if isinstance(error, SSLError) and any(sign in str(error) for sign in _HANDSHAKE):
        return Temporary(Reason.WRONG_SETTINGS, "tls")
    if isinstance(error, ProxyError):  # only of what failed before there was a way through the proxy
        return Temporary(Reason.PROVIDER_AWAY, "proxy")
    if isinstance(error, _UNUSABLE):
        return Temporary(Reason.WRONG_SETTINGS, type(error).__name__)
    return Ambiguous(Reason.NO_ANSWER, type(error).__name__, provider)


def pause(retry_after: str | None) -> float:
    """The seconds in a Retry-After header; some for one that is missing or holds a date."""
    try:
        return min(LONGEST_PAUSE, max(1.0, float(retry_after or PAUSE_WHEN_THROTTLED)))
    except ValueError:
        return PAUSE_WHEN_THROTTLED


def document(response: requests.Response) -> Any:
    """The JSON of the answer; None for what is none."""
    try:
        return response.json()
    except ValueError:
        return None
