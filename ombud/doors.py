"""The HTTP doors of the running services as the command line uses them: with the token, errors in one form."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

TIMEOUT = 10.0


@dataclass(frozen=True)
class Answer:
    """`errors`: the faults by their path, as the problem body names them."""

    status: int
    body: dict[str, Any]

    @property
    def is_ok(self) -> bool:
        return self.status < 300

    @property
    def errors(self) -> list[tuple[str, str]]:
        found = [(str(e.get("pointer", "/")), str(e.get("detail", ""))) for e in self.body.get("errors", [])]
        return found or [("/", str(self.body.get("detail") or f"HTTP status {self.status}"))]


class Doors:
    """`urls`: service to base URL. Raises requests.RequestException when a service cannot be asked."""

    def __init__(self, urls: dict[str, str], token: str):
        self.urls, self.token = urls, token
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the machine does not lead to our loopback
        self._session.headers["Authorization"] = f"Bearer {token}"

    def get(self, service: str, path: str, query: Mapping[str, str] | None = None) -> Answer:
        return self._ask("GET", service, path, params=query)

    def put(
        self,
        service: str,
        path: str,
        data: dict[str, Any],
        query: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
    ) -> Answer:
        return self._ask("PUT", service, path, timeout, json=data, params=query)

    def post(self, service: str, path: str, data: dict[str, Any], timeout: float = TIMEOUT) -> Answer:
        return self._ask("POST", service, path, timeout, json=data)

    def post_bytes(self, service: str, path: str, media: str, body: bytes) -> Answer:
        return self._ask("POST", service, path, data=body, headers={"Content-Type": media})

    def _ask(self, method: str, service: str, path: str, timeout: float = TIMEOUT, **rest: Any) -> Answer:
        response = self._session.request(method, self.urls[service] + path, timeout=timeout, **rest)
        is_json = "json" in response.headers.get("Content-Type", "")
        return Answer(response.status_code, response.json() if is_json and response.content else {})


def readiness(ops_url: str) -> str:
    """`ready`, or in one line why not."""
    try:
        response = requests.get(f"{ops_url}/readyz", timeout=5, proxies={"http": "", "https": ""})
    except requests.RequestException as error:
        return "does not answer in time" if isinstance(error, requests.Timeout) else "does not answer"
    return "ready" if response.ok else (response.text.strip() or f"HTTP status {response.status_code}")
