"""Looks at the running services, queues and mailbox for the accounting; used by command.py."""

from collections.abc import Callable
from typing import Any

import requests

from ombud.doors import Doors
from ombud.run import accounting
from ombud.run.accounting import Expected, Judgement, Mails
from ombud.run.settle import Look, Settled, settle
from ombud.send.publisher import Depths
from ombud.trouble import Trouble
from shared.contracts.topology import SERVICES

ALL = 1_000_000


class Mailbox:
    """The mail catcher's page, read by its API."""

    def __init__(self, url: str):
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def count(self) -> int:
        return int(self._get("/api/count")["count"])

    def mails(self) -> Mails:
        return accounting.mails(str(message["message_id"]) for message in self._get(f"/api/messages?limit={ALL}"))

    def _get(self, path: str) -> Any:
        response = self._session.get(self._url + path, timeout=60)
        response.raise_for_status()
        return response.json()


class Reckoning:
    """All that can be asked about a run. mailbox: None when the mail goes elsewhere."""

    def __init__(self, doors: Doors, depths: Depths, mailbox: Mailbox | None):
        self._doors, self._depths, self._mailbox = doors, depths, mailbox

    def look(self) -> Look | None:
        """None while something cannot be asked."""
        in_queues = self._depths.waiting()
        if in_queues is None:
            return None
        try:
            summaries = {service: self._summary(service) for service in SERVICES}
            count = self._mailbox.count() if self._mailbox else None
        except requests.RequestException:
            return None
        return Look(accounting.standing(summaries, in_queues), count)

    def wait(self, expected: Expected, tell: Callable[[Look], None]) -> Settled:
        return settle(self.look, expected, tell)

    def judge(self, expected: Expected, settled: Settled) -> Judgement:
        """Raises Trouble when the services never could be asked."""
        if settled.look is None:
            raise Trouble("the services could not be asked what became of the complaints; look into their logs")
        mails = self._mailbox.mails() if self._mailbox else None
        return accounting.judge(expected, settled.look.standing, mails)

    def _summary(self, service: str) -> dict[str, Any]:
        answer = self._doors.get(service, "/v1/summary")
        if answer.status >= 500:
            raise requests.ConnectionError(f"{service} cannot answer now")
        if not answer.is_ok:
            raise Trouble(f"{service} does not give its summary: {answer.errors[0][1]}")
        return answer.body
