"""Asks a running service for one document, and says in one line why there is none. Used by outbox.py and audit.py."""

from collections.abc import Mapping, Sequence
from typing import Any

import requests

from ombud.doors import Answer, Doors
from ombud.trouble import Trouble


def why(service: str, answer: Answer) -> str:
    """Where to look when the fault is not in what was asked."""
    return f"; why: ombud doctor --service {service}" if answer.status >= 500 else ""


class Asking:
    """Raises Trouble where a service does not answer, refuses the token, or cannot do it now."""

    def __init__(self, doors: Doors):
        self._doors = doors

    def get(self, service: str, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        try:
            answer = self._doors.get(service, path, query)
        except requests.RequestException as error:
            where = self._doors.urls[service]
            raise Trouble(f"{service} does not answer at {where}: {type(error).__name__}") from error
        if answer.status in (401, 403):
            raise Trouble(f"{service} refuses the token: {answer.errors[0][1]}; give another with --token")
        if not answer.is_ok:
            raise Trouble(f"{service} could not say it: {answer.errors[0][1]}{why(service, answer)}")
        return answer.body

    def all(self, services: Sequence[str], path: str) -> tuple[dict[str, dict[str, Any]], list[Trouble]]:
        """What each of them says, by service, and why the others say nothing; raises Trouble when none does."""
        told: dict[str, dict[str, Any]] = {}
        silent: list[Trouble] = []
        for service in services:
            try:
                told[service] = self.get(service, path)
            except Trouble as trouble:
                silent.append(trouble)
        if not told:
            raise silent[0]
        return told, silent
