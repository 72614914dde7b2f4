"""One system in which many stories play, each with complaints of its own, along one calendar. Used by the journeys.

A start takes ten seconds, so the tests of a file share one system; its clock only goes forward.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import orjson
import requests

from ombud.local.broker import PrivateBroker
from tests.harness.process import ANSWER_WITHIN, eventually
from tests.harness.system import MILD, ROSTER, WITH_A_SENDER, System

JANA = ROSTER["routing"]["/v1/agents/jana"]
SOON = timedelta(minutes=1)  # more than a look takes on a slow machine, less than any time in a policy


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def link_in(mail: dict[str, Any]) -> str:
    found = re.search(r"http://\S+/a/\S+", mail["text"])
    assert found, mail["text"]
    return found[0]


def link_after(filled: requests.Response) -> str:
    """Of the page to which a form goes on."""
    assert filled.status_code == 303, filled.text
    return urljoin(filled.url, filled.headers["Location"])


@contextmanager
def staged(
    folder: Path, broker: PrivateBroker, begins: str, escalation: str, routing: str = "", **settings: str
) -> Iterator[System]:
    """A system with these policies, whose clock shows `begins` as it starts."""
    vhost = f"stage-{uuid.uuid4().hex[:12]}"
    uri = broker.add_vhost(vhost)
    system = System(folder, f"sqlite:///{folder}/{{service}}.sqlite", uri, broker, **settings)
    for service, policy in (("escalation", escalation), ("routing", routing)):
        if policy:
            file = folder / f"{service}.yml"
            file.write_text(policy)
            system.services[service].settings[f"OMBUD_{service.upper()}_POLICY"] = str(file)
    _set_clock(system, at(begins))
    try:
        yield system.start()
    finally:
        system.stop()
        broker.remove_vhost(vhost)


def hire(system: System, id_: str, role: str, regions: list[str], **contact: Any) -> None:
    """One more person for the ladder, with a mailbox unless something else is said."""
    person = {"name": id_.title(), "role": role, "regions": regions, "languages": ["en"]}
    reached = contact or {"email": f"{id_}@example.org"}
    for service, path, body in (
        ("escalation", f"/v1/supervisors/{id_}", person),
        ("notify", f"/v1/contacts/{id_}", {"name": id_.title(), "language": "en"} | reached),
    ):
        answer = system.call(service, "PUT", path, body)
        assert answer.ok, answer.text


def _set_clock(system: System, to: datetime) -> None:
    system.advance(seconds=(to - system.now()).total_seconds())


class Story:
    """What happens to the complaints of one test; `end` leaves none of them open for the next one."""

    def __init__(self, system: System):
        self.system = system
        self._sent: dict[str, str] = {}

    def end(self) -> None:
        for case_id in self._sent:
            self.system.call("escalation", "POST", f"/v1/cases/{case_id}/resolve", {"outcome": "not_upheld"})

    # -- what the customer and upstream do

    def opens(self, text: str = MILD, region: str = "CZ", **fields: Any) -> str:
        """A complaint of a customer of its own, once its case is there; gives its id."""
        name, customer = uuid.uuid4().hex, {"region": region, "language": "en"} | fields.pop("customer", {})
        case_id = self.system.send(text, name, customer=customer | {"ref": name}, **fields)
        self._sent[case_id] = name
        eventually(lambda: self.case(case_id).get("opened_at"), "the case", self.system.logs)
        return case_id

    def writes_again(self, case_id: str, text: str = "Still nothing has come.") -> None:
        answer = self.system.call("intake", "POST", f"/v1/complaints/{case_id}/contacts", {"text": text})
        assert answer.status_code == 202, answer.text

    def upstream(self, case_id: str, what: str, **fields: Any) -> None:
        """A step of the complaint, published to the bus as another system would."""
        data = {"source": "web", "external_id": self._sent[case_id], **fields}
        headers = {"ce-id": uuid.uuid4().hex, "ce-source": "web", "ce-type": what, "ce-specversion": "1.0"}
        self.system.bus.raw("complaints", what, orjson.dumps(data), headers)

    # -- what people do

    def asks(self, case_id: str, answer: str, **body: Any) -> requests.Response:
        return self.system.call("escalation", "POST", f"/v1/cases/{case_id}/{answer}", body)

    def answers(self, case_id: str, answer: str, **body: Any) -> dict[str, Any]:
        """The case after an answer that is taken."""
        response = self.asks(case_id, answer, **body)
        assert response.ok, response.text
        return dict(response.json())

    def by_link(self, link: str, **form: Any) -> requests.Response:
        """The form on the page behind a link, without what it goes on to."""
        return requests.post(link, data=form, timeout=ANSWER_WITHIN, allow_redirects=False)

    # -- what came of it

    def case(self, case_id: str) -> dict[str, Any]:
        return self.system.case(case_id)

    def timeline(self, case_id: str, *what: str) -> list[dict[str, Any]]:
        """The rows of these kinds; all without any."""
        return [row for row in self.case(case_id)["timeline"] if not what or row["what"] in what]

    def agent(self, case_id: str) -> str | None:
        return (self.system.assignment(case_id).get("agent") or {}).get("id")

    def mails(self, person: str, case_id: str) -> list[dict[str, Any]]:
        return [mail for mail in self.system.mail.messages(f"{person}@") if case_id in mail["text"]]

    def hears(self, person: str, case_id: str, times: int = 1) -> dict[str, Any]:
        """The newest of the mails about the case, when the person has got so many of them and not one more."""
        eventually(
            lambda: len(self.mails(person, case_id)) >= times,
            f"{person} to hear {times} times of {case_id}",
            lambda: f"{self.case(case_id)}\n{self.system.logs()}",
        )
        self._let_it_be_written()
        found = self.mails(person, case_id)
        assert len(found) == times, [mail["subject"] for mail in found]
        return found[-1]

    def heard(self, case_id: str, *people: str) -> dict[str, int]:
        """How many mails about the case these people have, now that nothing is on its way."""
        self.system.settle()
        return {person: len(self.mails(person, case_id)) for person in people}

    def becomes(self, case_id: str, **wanted: Any) -> dict[str, Any]:
        """The case once it is so."""
        eventually(lambda: self.case(case_id).items() >= wanted.items(), f"{wanted}", lambda: str(self.case(case_id)))
        return self.case(case_id)

    # -- time

    def passes(self, **time: float) -> None:
        self.comes(self.system.now() + timedelta(**time))

    def comes(self, instant: datetime) -> None:
        """The clock jumps there: forward, or another test was in the wrong place."""
        assert instant > self.system.now(), f"{instant} is over"
        self._let_it_be_written()
        _set_clock(self.system, instant)

    def _let_it_be_written(self) -> None:
        """A clock that jumps now would outrun the lease of a letter whose acceptance is not written down yet."""
        eventually(lambda: not self._with_a_sender(), "the outcomes", self.system.logs)

    def _with_a_sender(self) -> int:
        alerts = self.system.summary("notify")["alerts"]
        return sum(alerts.get(state, 0) for state in WITH_A_SENDER)
