"""Fetches what a webhook only names, before the transaction; called by mapping.py for accounts with `enrich`.

The address is the operator's; what the sender says only fills its placeholders, quoted. Private addresses are refused
at the socket that was really opened, so that a name cannot change its meaning between a look and the call.
"""

import ipaddress
import re
import socket
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlsplit

import eventlet
import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from shared.bodies import parse_json
from shared.errors import Rejected, TemporaryFailure

PATIENCE = 10.0  # seconds for all fetches of one request
MAX_ANSWER = 1024 * 1024
PLACEHOLDER = re.compile(r"\{(\w+)\}")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_GONE = (404, 410)
_LATER = (401, 403, 408, 425, 429)  # a token that expired, or too much at once: an operator or time mends these


@dataclass(frozen=True)
class Enrich:
    """`url` has `{name}` placeholders in path and query; `token` goes into `header` after `prefix`."""

    url: str
    header: str = "Authorization"
    prefix: str = "Bearer "
    token: str | None = field(default=None, repr=False)
    allow_private: bool = False
    until: float = float("inf")

    def within(self, seconds: float) -> "Enrich":
        """The same, giving up after so many seconds from now."""
        return replace(self, until=time.monotonic() + seconds)

    def fetch(self, values: Mapping[str, str]) -> Any:
        """The JSON document. Raises TemporaryFailure when it cannot be had now, Rejected when it never will be."""
        left = min(PATIENCE, self.until - time.monotonic())
        if left <= 0:
            raise TemporaryFailure("no time left to fetch what the webhook names")
        try:
            with eventlet.Timeout(left, TemporaryFailure("the answer took too long")):
                return self._get(self._address(values), left)
        except requests.exceptions.RequestException as error:
            raise TemporaryFailure(f"what the webhook names cannot be fetched: {type(error).__name__}") from error

    def _address(self, values: Mapping[str, str]) -> str:
        quoted = {}
        for name, value in values.items():
            if value in ("", ".", ".."):
                raise Rejected(f"the webhook does not say the {name} of what it names")
            quoted[name] = quote(value, safe="")
        return PLACEHOLDER.sub(lambda found: quoted[found[1]], self.url)

    def _get(self, url: str, seconds: float) -> Any:
        headers = {"Accept": "application/json"}
        if self.token:
            headers[self.header] = self.prefix + self.token
        with requests.Session() as http:
            http.trust_env = False  # no proxy, which would hide the address, and no password of a .netrc
            for scheme in ("https://", "http://"):
                http.mount(scheme, _Adapter(self._may_reach))
            answer = http.get(url, headers=headers, timeout=seconds, allow_redirects=False, stream=True)
            with closing(answer):
                return _document(answer)

    def _may_reach(self, address: str) -> bool:
        found = ipaddress.ip_address(address.partition("%")[0])
        if found.is_loopback:
            return self.allow_private or urlsplit(self.url).hostname in LOOPBACK
        return self.allow_private or (found.is_global and not found.is_multicast)


def _document(answer: requests.Response) -> Any:
    status = answer.status_code
    if status in _LATER or status >= 500:
        raise TemporaryFailure(f"what the webhook names cannot be fetched: the answer is {status}")
    if status != 200:
        what = "is gone" if status in _GONE else "cannot be fetched"
        raise Rejected(f"what the webhook names {what}: the answer is {status}")
    body = b""
    for chunk in answer.iter_content(64 * 1024):
        body += chunk
        if len(body) > MAX_ANSWER:
            raise Rejected(f"what the webhook names is larger than {MAX_ANSWER} bytes")
    try:
        return parse_json(body)
    except ValueError as error:
        raise Rejected("what the webhook names is no JSON") from error


class _Adapter(HTTPAdapter):
    """Closes a connection to an address that may not be reached, before a byte is sent."""

    def __init__(self, may_reach: Any):
        self._may_reach = may_reach
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._may_reach)


def _pools(may_reach: Any) -> dict[str, type[HTTPConnectionPool]]:
    def checked(opened: socket.socket) -> socket.socket:
        if may_reach(opened.getpeername()[0]):
            return opened
        opened.close()
        raise Rejected("what the webhook names is at a private address, which this source may not reach")

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return checked(super()._new_conn())

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return checked(super()._new_conn())

    plain = type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": Plain})
    secure = type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": Secure})
    return {"http": plain, "https": secure}
