"""Notify is killed at every failpoint while peers fail; then each alert is held against what the peers have."""

import random
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from shared import clock
from shared.schema import migrate
from tests.faults.alert_stage import Stage
from tests.faults.journals import broken_promises
from tests.faults.peers import SLACK_TOOK, Peers
from tests.integration.notify.http_sink import HttpSink
from tests.integration.notify.mail_server import MailServer
from tests.integration.notify.twilio import Twilio
from tests.unit.notify.build import MIGRATIONS

pytestmark = pytest.mark.timeout(600)
OTHERS = ("intake", "routing", "notify")  # whose queues bring failures; their code is the same
PLACES = ("before_commit", "after_commit", "before_ack")
REAPED = "notify.reaped"


@pytest.fixture
def peers(monkeypatch: pytest.MonkeyPatch, round_number: int) -> Iterator[Peers]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Peers(MailServer(), Twilio(), HttpSink(), HttpSink(SLACK_TOOK), random.Random(round_number))
    yield made
    made.stop()


@pytest.fixture
def stage(tmp_path: Path, postgres_url: str, amqp_uri: str, peers: Peers, round_number: int) -> Iterator[Stage]:
    migrate(postgres_url, "notify", MIGRATIONS)
    made = Stage(tmp_path, postgres_url, amqp_uri, peers, random.Random(round_number))
    yield made
    made.notify.kill()
    made.bus.close()
    clock.shift_from(None)


Step = Callable[[Stage], None]


def kills(round_number: int) -> dict[str, Step]:
    """By failpoint, what leads to it; of queues like each other one place each, in three rounds all."""
    places: dict[str, Step] = {f"notify.escalation.v1.{place}": Stage.some_load for place in PLACES}
    for n, queue in enumerate(OTHERS, round_number):
        places[f"notify.{queue}.v1.{PLACES[n % len(PLACES)]}"] = Stage.failures
    senders = ("claimed", "handed_off", "sent", "settled", "receipt_taken", "receipt_kept")
    return {
        **places,
        **{f"notify.{place}": Stage.some_load for place in senders},
        REAPED: Stage.some_load,
        "notify.fell_back": Stage.slow_ones,
        "notify.gave_up": Stage.ones_nobody_tries,
        "outbox.published": Stage.some_load,
    }


def in_turn(places: Iterable[str], chance: random.Random) -> list[str]:
    """In any order, but that a sender is lost right before the reaper finds it."""
    order = [place for place in places if place != REAPED]
    chance.shuffle(order)
    order.insert(order.index(f"notify.{chance.choice(('claimed', 'handed_off', 'sent'))}") + 1, REAPED)
    return order


def test_each_alert_is_where_it_says_after_kills_at_every_place(stage: Stage, round_number: int):
    stage.start()
    places = kills(round_number)
    for place in in_turn(places, stage.random):
        stage.die_at(place, places[place])
    stage.heal()
    broken = broken_promises(stage.records())
    assert broken == [], stage.about("".join(broken)) + stage.notify.log()[-3000:]


def test_every_failpoint_of_notify_has_its_turn():
    sources = (Path(__file__).parents[2] / "services" / "notify").rglob("*.py")
    named = {name for file in sources for name in re.findall(r'failpoints\.reach\("(.+?)"\)', file.read_text())}
    assert named and named <= kills(1).keys()
