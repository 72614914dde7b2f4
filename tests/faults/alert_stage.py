"""Notify between the bus, a database and its peers, and the steps of an alert round. Used by test_alert_rounds.py."""

import random
import signal
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import NullPool, Table, create_engine, select

from services.notify import tables
from services.notify.watch import books
from shared import clock
from shared import tables as plumbing
from shared.contracts.event import Severity
from shared.database import Database
from tests.faults.alert_load import PEOPLE, AlertLoad, contact_of, first_by, order_of, person, phone
from tests.faults.peers import Peers
from tests.faults.records import Records, Told
from tests.harness.bus import Bus
from tests.harness.clock import set_shift
from tests.harness.process import ServiceProcess, eventually
from tests.integration.notify.http_sink import Say

LEASE = timedelta(seconds=130)  # longer than that of a hand-off, and than the patience with a critical one
STEPS = 20  # of that length, until the last retry, look-up and receipt has had its turn
BOSS = "boss@example.org"
POLICY = """\
name: rounds
in_doubt: {email: {critical: again, high: leave, medium: leave}, sms: look_up, webhook: again, slack: leave}
fall_back_after: {critical: 2m}
limits: {person: {sms: {most: 5, within: 15m}}}
"""


class Stage:
    """Notify between the bus, a database and its peers, and the steps of a round."""

    def __init__(self, folder: Path, url: str, amqp_uri: str, peers: Peers, chance: random.Random):
        self.peers, self.bus, self.random = peers, Bus(amqp_uri), chance
        self.url = url
        self._shift_file, self._shift = folder / "shift", timedelta(0)
        self.advance(timedelta(0))
        clock.shift_from(self._shift_file)
        (folder / "policy.yml").write_text(POLICY)
        self.load = AlertLoad(self.bus, chance)
        self.tap = self.bus.tap("notify")
        self.notify = ServiceProcess(
            "services.notify",
            folder,
            OMBUD_DATABASE_URL=url,
            OMBUD_AMQP_URI=amqp_uri,
            OMBUD_CLOCK_FILE=str(self._shift_file),
            OMBUD_NOTIFY_POLICY=str(folder / "policy.yml"),
            OMBUD_LAST_RESORT=BOSS,
            **peers.settings(),
        )

    def advance(self, by: timedelta) -> None:
        self._shift += by
        set_shift(self._shift_file, self._shift)

    def start(self) -> None:
        self.notify.start()
        told = {"contacts": [contact_of(n, self.peers) for n in range(PEOPLE)]}
        assert self.notify.call("PUT", "/v1/contacts", told).status_code == 200

    def die_at(self, place: str, step: Callable[["Stage"], None]) -> None:
        """Starts anew, armed, and does the step until it dies; what it left under way is overdue then."""
        self._end_all()
        self.notify.launch(OMBUD_FAILPOINTS=f"{place}=kill@1")
        self.peers.misbehave()
        step(self)
        eventually(self._is_dead, f"notify to die at {place}", lambda: self.notify.log()[-3000:])
        assert self.notify.wait() == -signal.SIGKILL, self.notify.log()[-3000:]

    def _end_all(self) -> None:
        """Kills it, and lets its leases end; not before what it sent has come in: nothing is under way for so long."""
        self.notify.kill()
        self.peers.sms.read_all()
        self.advance(LEASE)

    def _is_dead(self) -> bool:
        if self.notify.is_alive:
            self.peers.tell(self.notify)
        return not self.notify.is_alive

    # -- what leads to each failpoint ---------------------------------------------------------------------------------

    def some_load(self) -> None:
        self.load.send(8)

    def failures(self) -> None:
        self.load.send(2)
        self.load.send_failures("intake", "routing", "notify")

    def slow_ones(self) -> None:
        """Critical alerts whose mails are put off, until their next channel begins beside them."""
        self.peers.mail.script["RCPT"] = ["451 4.2.0 later"] * 60
        self._until_planned(self.load.escalate(first_by("email")[:3], severity=Severity.CRITICAL))
        self._unless_dead(lambda: len(self.peers.mail.script["RCPT"]) < 58, "the mails to be put off")
        self.advance(LEASE)

    def ones_nobody_tries(self) -> None:
        """Alerts behind a provider that asks for an hour's pause, until their time is over."""
        self.peers.slack.script = [Say(429, headers={"Retry-After": "3000"})] * 60
        first, *others = first_by("slack")
        self.load.escalate([first])
        self._unless_dead(lambda: len(self.peers.slack.script) < 60, "the pause to be asked for")
        self._until_planned(self.load.escalate(others, level=timedelta(minutes=5)))
        self.advance(timedelta(minutes=4))

    def _until_planned(self, wanted: set[str]) -> None:
        """An alert that is planned only when the clock has been moved on would have all its time before it still."""
        self._unless_dead(lambda: self._are_planned(wanted), "all to be planned")

    def _are_planned(self, wanted: Iterable[str]) -> bool:
        return set(wanted) <= {e["id"] for e in self._rows(tables.escalations)}

    def _unless_dead(self, check: Callable[[], bool], what: str) -> None:
        eventually(lambda: not self.notify.is_alive or check(), what, self.notify.log)

    def _is_read(self) -> bool:
        is_idle = self.notify.is_alive and self.notify.is_ready() and not self.bus.waiting("notify.escalation.v1")
        return is_idle and self._are_planned(self.load.wanted)

    # -- the end of a round -------------------------------------------------------------------------------------------

    def heal(self) -> None:
        self.peers.behave()
        self.load.send_last()
        self._end_all()
        self.notify.start()
        self._through_a_breaker()
        for _ in range(STEPS):
            self._settle()
            if self._has_ended() and not self.peers.pending:
                break
            self.peers.give_up_on_strangers()
            self.advance(max(LEASE, self._until_next()))
        assert self._has_ended(), self._open()

    def _until_next(self) -> timedelta:
        """A provider may have asked for a long pause: until the first of those who wait may leave."""
        waiting = [a["next_at"] for a in self._rows(tables.alerts) if a["state"] == "pending"]
        return min(waiting, default=clock.now()) - clock.now()

    def _through_a_breaker(self) -> None:
        opened = 'ombud_provider_breaker_changes_total{channel="webhook",provider="webhook",to="open"}'
        self.peers.take_away_hook()
        self.load.escalate([*first_by("webhook"), *first_by("webhook")])
        eventually(lambda: self.notify.metric(opened) > 0, "the breaker to open", self.notify.log)
        self.peers.bring_back_hook()

    def _settle(self) -> None:
        """Until nothing is with a sender, whatever waits for its time."""
        eventually(self._is_at_rest, "notify to rest", lambda: self._open() + self.notify.log()[-3000:])

    def _is_at_rest(self) -> bool:
        self.peers.tell(self.notify)
        return self._is_read() and not self._summary()["plumbing"]["outbox"] and not self._under_way()

    def _has_ended(self) -> bool:
        seen = self._summary()
        waits = sum(seen["alerts"].get(state, 0) for state in ("pending", "claimed", "handed_off"))
        return not waits and not seen["plumbing"]["outbox"] and self._is_read()

    def _summary(self) -> dict[str, dict[str, int]]:
        answer: dict[str, dict[str, int]] = self.notify.call("GET", "/v1/summary").json()
        return answer

    def _under_way(self) -> int:
        """Alerts with a sender, or about to be: by one look, as they go from here to there."""
        now = clock.now()
        return sum(
            a["state"] in ("claimed", "handed_off") or (a["state"] == "pending" and a["next_at"] <= now)
            for a in self._rows(tables.alerts)
        )

    def _open(self) -> str:
        return str([a for a in self._rows(tables.alerts) if a["ended_at"] is None])

    def records(self) -> Records:
        alerts = self._rows(tables.alerts)
        shown: dict[tuple[str, str], list[str]] = {}
        for a in alerts:
            if a["channel"] == "sms":
                shown.setdefault((phone(a["recipient"]), a["case_id"][:8]), []).append(a["id"])
        return Records(
            alerts,
            *(self._rows(t) for t in (tables.deliveries, tables.receipts, tables.escalations, tables.cases)),
            self.peers.taken(shown),
            [Told(headers["ce-id"], headers["ce-type"], data) for headers, data in self.bus.take(self.tap)],
            self.load.wanted,
            {person(n): order_of(n) for n in range(PEOPLE)},
            self._left(),
            self.peers.heard,
        )

    def about(self, text: str) -> str:
        """All that is known of the alerts whose ids stand in the text."""
        mine = [a for a in self._rows(tables.alerts) if a["id"] in text]
        attempts = [d for d in self._rows(tables.deliveries) if d["alert_id"] in text]
        references = {a["case_id"][:8] for a in mine}
        messages = [r for r in self.peers.sms.records if any(each in r["body"] for each in references)]
        return "\n".join(map(str, [*mine, *attempts, *messages]))

    def _left(self) -> dict[str, int]:
        kept = {t.name: len(self._rows(t)) for t in (plumbing.outbox, plumbing.retries, plumbing.dead_letters)}
        kept["receipts that wait"] = sum(r["waits"] for r in self._rows(tables.receipts))
        db = Database(self.url, "notify")
        with db.read() as tx:
            kept["alerts that are not accounted for"] = books.unaccounted(tx)
        db.close()
        return kept

    def _rows(self, table: Table) -> list[dict[str, Any]]:
        engine = create_engine(self.url, poolclass=NullPool, connect_args={"options": "-c search_path=notify"})
        with engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(select(table))]
