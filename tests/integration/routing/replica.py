"""One replica of routing without its doors, as a process: told its share of a script while all of its ticks run.

Green as the service is, with one desk that all of its greenlets share. Run by test_four_replicas.py, as
`python -m tests.integration.routing.replica <url> <number> <start> <file for the report>`.
"""

from shared import green  # isort: skip  (first: it patches)

green.patch()

import gc  # noqa: E402
import pickle  # noqa: E402
import random  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
import traceback  # noqa: E402
from collections import deque  # noqa: E402
from collections.abc import Callable  # noqa: E402
from datetime import datetime  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import eventlet  # noqa: E402
from psycopg2.errors import UniqueViolation  # noqa: E402
from sqlalchemy.exc import DBAPIError, IntegrityError  # noqa: E402

from services.routing import by_hand, deadlines, store, usecases, workforce  # noqa: E402
from services.routing.placing.desk import Desk  # noqa: E402
from shared.database import Database, Transaction, install_green_wait  # noqa: E402
from shared.errors import Rejected, TemporaryFailure  # noqa: E402
from tests.integration.routing.load import (  # noqa: E402
    AGENTS,
    COMPLAINTS,
    REPLICAS,
    Report,
    a_script,
    agent_id,
    complaint_id,
    the_policy,
)
from tests.unit.routing.builders import OnePolicy  # noqa: E402

TICKS = {
    "assign_waiting": usecases.assign_waiting,
    "relax_waiting": deadlines.relax_waiting,
    "take_back_unanswered": deadlines.take_back_unanswered,
    "follow_agents": workforce.follow_agents,
    "empty_desks": deadlines.empty_desks,
    "reread_waiting": deadlines.reread_waiting,
}
TICK_EVERY = 0.8
PEOPLE_DO = 250  # things, in each replica


class Replica:
    def __init__(self, url: str, number: int, start: datetime):
        self.db, self.report, self.dice = Database(url, "routing"), Report(), random.Random(number)
        self.db.after_commit(self._note)
        self.desk = Desk(OnePolicy(the_policy(start)))  # type: ignore[arg-type]
        script = a_script(start)
        self.complaints, self.workforce = deque(script.complaints[number]), deque(script.workforce[number])
        self.told = 0  # events of complaints
        self.share = len(self.complaints)
        self.is_over = False

    def run(self) -> Report:
        started = time.monotonic()
        ticks = [eventlet.spawn(self._guarded, self._tick, name) for name in TICKS]
        doors = [eventlet.spawn(self._guarded, work) for work in (self._follow, self._manage, self._answer)]
        for door in doors:
            door.wait()
        self.is_over = True
        for tick in ticks:
            tick.wait()
        self.report.seconds = time.monotonic() - started
        return self.report

    def _follow(self) -> None:
        while self.complaints:
            size = min(len(self.complaints), self.dice.randint(1, 100))
            events = [self.complaints.popleft() for _ in range(size)]
            try:
                self._do("batch", lambda tx, events=events: usecases.follow_complaints(tx, self.desk, events))
            except IntegrityError:  # a complaint that is new in two replicas at once: told singly, then told again
                for event in events:
                    self._tell_alone(event)
            self.told += size
            eventlet.sleep(0)

    def _tell_alone(self, event: Any) -> None:
        for attempt in range(3):
            try:
                self._do("alone", lambda tx: usecases.follow_complaints(tx, self.desk, [event]))
                return
            except IntegrityError:
                assert attempt < 2, "told again, it finds what the other one stored"

    def _manage(self) -> None:
        """Spread over the whole time: as far along as the complaints are."""
        share = len(self.workforce)
        while self.workforce:
            if (share - len(self.workforce)) * self.share > self.told * share:
                eventlet.sleep(0.02)
                continue
            told = [self.workforce.popleft() for _ in range(min(len(self.workforce), self.dice.randint(1, 4)))]
            try:
                self._do("workforce", lambda tx, told=told: workforce.follow_workforce(tx, self.desk, told))
            except (IntegrityError, TemporaryFailure):
                self.report.counts["workforce told again"] += 1
                self.workforce.extend(told)
                eventlet.sleep(0.1)

    def _answer(self) -> None:
        for number in range(PEOPLE_DO):
            while number * self.share > self.told * PEOPLE_DO:
                eventlet.sleep(0.02)
            id_ = complaint_id(min(COMPLAINTS - 1, self.told * COMPLAINTS // self.share) - self.dice.randrange(400))
            try:
                self._do("people", lambda tx, id_=id_: self._somebody_acts(tx, id_))
            except Rejected:
                self.report.counts["people refused"] += 1

    def _somebody_acts(self, tx: Transaction, id_: str) -> None:
        known = store.find_complaint(tx, id_)
        agent = (known and known.agent_id) or "nobody"
        act: Callable[[], None] = self.dice.choice(
            (
                lambda: by_hand.accept(tx, self.desk, id_, agent, agent, None),
                lambda: by_hand.decline(tx, self.desk, id_, agent, agent, "no time"),
                lambda: by_hand.assign(
                    tx, self.desk, id_, agent_id(self.dice.randrange(AGENTS)), "petr", None, force=False
                ),
                lambda: by_hand.hand_back(tx, self.desk, id_, self.dice.choice(({}, {"language": None})), "petr", "…"),
            )
        )
        act()

    def _tick(self, name: str) -> None:
        while not self.is_over:
            eventlet.sleep(TICK_EVERY * self.dice.uniform(0.8, 1.2))
            while not self.is_over and self._do(name, lambda tx: TICKS[name](tx, self.desk)):
                eventlet.sleep(0)

    def _do(self, what: str, work: Callable[[Transaction], Any]) -> Any:
        try:
            with self.db.transaction() as tx:
                done = work(tx)
        except DBAPIError as error:
            if isinstance(error.orig, UniqueViolation):  # somebody else stored it meanwhile
                self.report.counts["stored meanwhile"] += 1
                raise
            self.report.failures.append(f"{what}: {traceback.format_exc()}")
            return None
        self.report.counts[what] += 1
        if isinstance(done, int):
            self.report.counts[f"{what} done"] += done
        return done

    def _note(self, tx: Transaction) -> None:
        self.report.announced += [(event.complaint_id, event.attempt) for event, _ in tx.announced]

    def _guarded(self, work: Callable[..., None], *args: Any) -> None:
        try:
            work(*args)
        except Exception:  # noqa: BLE001  (told in the report)
            self.report.failures.append(traceback.format_exc())
            self.complaints.clear()
            self.told, self.is_over = self.share, True


def main(url: str, number: str, start: str, file: str) -> None:
    install_green_wait()
    replica = Replica(url, int(number), datetime.fromisoformat(start))
    gc.freeze()
    # All begin at once.
    Path(file).with_suffix(".ready").touch()
    while not all((Path(file).parent / f"{n}.ready").exists() for n in range(REPLICAS)):
        eventlet.sleep(0.01)
    Path(file).write_bytes(pickle.dumps(replica.run()))


if __name__ == "__main__":
    main(*sys.argv[1:])
