"""All four real services with broker, databases and a mail catcher, for journeys and faults; the clock can jump."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from ombud.local.broker import PrivateBroker
from ombud.local.errors import LocalError
from shared.contracts.intake import CATEGORIES
from shared.contracts.topology import QUEUES, SERVICES
from tests.harness.bus import Bus, held
from tests.harness.catcher import Catcher
from tests.harness.clock import set_shift
from tests.harness.process import ANSWER_WITHIN, PATIENCE, PROJECT, TOKEN, ServiceProcess, at_once, eventually
from tests.harness.tables import bring_up

KETTLE = "Your kettle burned my child's hand. I want to speak to the manager NOW."
WITH_A_SENDER = ("claimed", "handed_off")  # states of alerts
MILD = "Hello, my parcel has not arrived yet, could you look where it is?"
ROSTER: dict[str, dict[str, dict[str, Any]]] = {
    "routing": {
        "/v1/agents/jana": {
            "name": "Jana",
            "languages": ["en", "cs"],
            "regions": ["CZ"],
            "capacity": 50,
            "skills": list(CATEGORIES),
        },
    },
    "escalation": {
        "/v1/supervisors/petr": {"name": "Petr", "role": "supervisor", "regions": ["CZ"], "languages": ["cs"]},
        "/v1/supervisors/karin": {"name": "Karin", "role": "coordinator", "regions": ["CZ", "DE"], "languages": ["de"]},
        "/v1/supervisors/max": {"name": "Max", "role": "manager", "regions": ["*"], "languages": ["en"]},
    },
    "notify": {
        # Petr's number is there to be answered from, not to be called.
        f"/v1/contacts/{p}": ({"phone": "+420601234567", "channels": ["email"]} if p == "petr" else {})
        | {
            "name": p.title(),
            "email": f"{p}@example.org",
            "language": "en",
            "timezone": "Europe/Prague",
        }
        for p in ("petr", "karin", "max", "duty")
    },
}


class System:
    """`start` it, `send` complaints, `advance` the clock, look into `mail`; `{service}` in the URL is filled in."""

    def __init__(self, folder: Path, database_url: str, amqp_uri: str, broker: PrivateBroker, **settings: str):
        self.folder, self.database_url, self.amqp_uri = folder, database_url, amqp_uri
        self.mail, self.bus = Catcher(folder), Bus(amqp_uri)
        self.clock_file, self._broker = folder / "clock", broker
        self._shift = timedelta(0)
        shared = {
            "OMBUD_AMQP_URI": amqp_uri,
            "OMBUD_SMTP_URL": self.mail.url,
            "OMBUD_CLOCK_FILE": str(self.clock_file),
            "OMBUD_LAST_RESORT": "duty",
            "OMBUD_MAIL_FROM": "Ombud <ombud@example.org>",
            **settings,
        }
        self.services = {
            name: ServiceProcess(f"services.{name}", folder, **shared, OMBUD_DATABASE_URL=self.database(name))
            for name in SERVICES
        }
        for service in self.services.values():
            service.settings["OMBUD_PUBLIC_URL"] = self.services["escalation"].url

    def database(self, service: str) -> str:
        return self.database_url.format(service=service)

    def start(self, *names: str) -> "System":
        """Starts these services (all, if none are named), migrated and with the roster applied."""
        self.mail.start()
        for service in SERVICES:
            bring_up(self.database(service), service, PROJECT / "services" / service / "migrations")
        started = names or SERVICES
        at_once(self.services[name] for name in started)
        for name in started:
            self.apply_roster(name)
        return self

    def apply_roster(self, service: str) -> None:
        for path, body in ROSTER.get(service, {}).items():
            answer = self.services[service].call("PUT", path, body)
            assert answer.ok, answer.text

    def stop(self) -> None:
        for service in self.services.values():
            service.kill()
        self.mail.stop()
        self.bus.close()

    def advance(self, **time: float) -> None:
        """Moves the clock of all services forward: `minutes=30`."""
        self._shift += timedelta(**time)
        set_shift(self.clock_file, self._shift)

    def now(self) -> datetime:
        """What all services take for the time."""
        return datetime.now(UTC) + self._shift

    def call(self, service: str, method: str, path: str, body: object = None, token: str = TOKEN) -> requests.Response:
        return self.services[service].call(method, path, body, token)

    def send(self, text: str = KETTLE, external_id: str | None = None, **fields: Any) -> str:
        """A complaint by HTTP; gives its id."""
        body = {
            "source": "web",
            "external_id": external_id or uuid.uuid4().hex,
            "channel": "email",
            "text": text,
            "customer": {"ref": "C-1", "region": "CZ", "language": "en"},
            **fields,
        }
        answer = self.call("intake", "POST", "/v1/complaints", body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["complaint_id"])

    def step(self, type_: str, external_id: str, **fields: Any) -> None:
        """What upstream says about a complaint later on, by HTTP: `complaint.resolved` …"""
        event = {
            "specversion": "1.0",
            "type": type_,
            "source": "web",
            "id": uuid.uuid4().hex,
            "data": {"source": "web", "external_id": external_id, **fields},
        }
        answer = requests.post(
            f"{self.services['intake'].url}/v1/events",
            json=event,
            timeout=ANSWER_WITHIN,
            headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/cloudevents+json"},
        )
        assert answer.status_code == 202, answer.text

    def case(self, complaint_id: str) -> dict[str, Any]:
        answer = self.call("escalation", "GET", f"/v1/cases/{complaint_id}")
        return dict(answer.json()) if answer.ok else {}

    def assignment(self, complaint_id: str) -> dict[str, Any]:
        answer = self.call("routing", "GET", f"/v1/assignments/{complaint_id}")
        return dict(answer.json()) if answer.ok else {}

    def summary(self, service: str) -> dict[str, Any]:
        answer = self.call(service, "GET", "/v1/summary")
        assert answer.ok, answer.text
        return dict(answer.json())

    def told(self, person: str) -> int:
        """How many mails the person got."""
        return len(self.mail.messages(f"{person}@"))

    def wait_until_told(self, person: str, times: int = 1) -> list[dict[str, Any]]:
        eventually(lambda: self.told(person) >= times, f"{person} to be told {times} times", self.logs)
        found = self.mail.messages(f"{person}@")
        assert len(found) == times, [m["subject"] for m in found]
        # A clock that jumps now would outrun the lease of a letter whose acceptance is not written down yet.
        eventually(lambda: not _alerts(self.summary("notify"), *WITH_A_SENDER), "the outcomes", self.logs)
        return found

    def settle(self, patience: float = PATIENCE, *, timed: bool = True) -> None:
        """Waits until nothing is on its way any more: in no queue, no outbox and, if asked, not in what has its time:
        retries, and alerts under a lease."""
        self._wait_for_a_turn()
        eventually(
            lambda: self._is_still(timed),
            "everything to settle",
            lambda: str(self._left(timed) | self._unacknowledged()),
            patience,
        )

    def _is_still(self, timed: bool) -> bool:
        """Nothing anywhere at either of two looks, and nothing moved between them: so it hid from neither."""
        before = self._moves()
        if self._left(timed) or self._unacknowledged():
            return False
        return not self._left(timed) and self._moves() == before

    def _unacknowledged(self) -> dict[str, int]:
        try:
            counts = held(self._broker, self.amqp_uri)
        except LocalError as silent:  # a queue has no leader yet
            return {str(silent): 1}
        return {f"{queue} in all": count for queue, count in counts.items() if count}

    def _moves(self) -> list[str]:
        """How much each service has handled and published so far."""
        series = ("ombud_events_total{", "ombud_outbox_published_total ")
        return [line for service in self if service.is_alive for line in service.metrics() if line.startswith(series)]

    def _wait_for_a_turn(self) -> None:
        """Until escalation has looked at the clock as it is now; two looks, as one may have begun before."""
        escalation, looks = self.services["escalation"], 'ombud_tick_runs_total{outcome="idle",tick="climb_due"}'
        if escalation.is_alive:
            seen = escalation.metric(looks)
            eventually(lambda: escalation.metric(looks) >= seen + 2, "escalation to look at the clock", escalation.log)

    def _left(self, timed: bool) -> dict[str, int]:
        left = {q.name: self.bus.waiting(q.name) for q in QUEUES}
        for name, service in self.services.items():
            if service.is_alive:
                summary = self.summary(name)
                left[f"{name} outbox"] = summary["plumbing"]["outbox"]
                left[f"{name} retries"] = summary["plumbing"]["retries"] if timed else 0
                left[f"{name} alerts"] = _alerts(summary, "pending", *WITH_A_SENDER) if timed else 0
        return {what: number for what, number in left.items() if number}

    def logs(self) -> str:
        return "\n".join(f"== {name}\n{service.log()[-1500:]}" for name, service in self.services.items())

    def __iter__(self) -> Iterator[ServiceProcess]:
        return iter(self.services.values())


def _alerts(summary: dict[str, Any], *states: str) -> int:
    counts = summary.get("alerts", {})
    return sum(counts.get(state, 0) for state in states)
