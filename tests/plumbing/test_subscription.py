"""What the subscription promises: each event acts once, whatever happens between queue, database and ack."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import psutil
import pytest

from ombud.local.broker import PrivateBroker
from ombud.local.postgres import PrivatePostgres
from tests.harness.bus import Bus, held
from tests.harness.events import a_classified
from tests.harness.process import eventually
from tests.harness.servers import stopped
from tests.plumbing.conftest import PROMPT, Sink

QUEUE = "routing.intake.v1"
MOST_HELD = 40  # by the sink, twice its batch
SLOW = 300  # events that take 0.1 s each: a stop comes long before the last of them
FROZEN = 3.0  # seconds; shorter than the 5 s and 15 s after which the database is given up


@contextmanager
def frozen(postgres: PrivatePostgres) -> Iterator[None]:
    """The server accepts and never answers: all its processes stand still."""
    server = psutil.Process(postgres.pid)
    processes = [server.pid]
    try:
        _send_all(processes, signal.SIGSTOP)  # first, so that there will be no more of its children
        processes += [child.pid for child in server.children(recursive=True)]
        _send_all(processes, signal.SIGSTOP)
        yield
    finally:
        _send_all(processes, signal.SIGCONT)


def _send_all(processes: list[int], number: signal.Signals) -> None:
    for pid in processes:
        with suppress(ProcessLookupError):  # a backend whose client has gone
            os.kill(pid, number)


def test_each_event_acts_once_though_told_three_times(sink: Sink, bus: Bus) -> None:
    names = [f"{n:03}" for n in range(150)]
    for name in names * 3:
        bus.publish(a_classified(name))
    sink.start()
    eventually(
        lambda: sink.metric(f'ombud_events_total{{outcome="duplicate",queue="{QUEUE}"}}') == 300,
        "the copies to drop out",
    )
    assert sink.effects() == names


def test_what_an_event_causes_is_announced_once_with_its_trace(sink: Sink, bus: Bus) -> None:
    tapped = bus.tap("routing")
    bus.publish(a_classified("1"))
    bus.publish(a_classified("1"))
    sink.start()
    eventually(lambda: sink.effects() == ["1"], "the effect")
    eventually(lambda: bus.waiting(tapped) >= 1, "the announcement")
    sink.stop()
    ((headers, data),) = bus.take(tapped)
    assert (headers["ce-type"], data["complaint_id"]) == ("complaint.assigned", a_classified("1").complaint_id)
    assert headers["traceparent"].startswith("00-")


@pytest.mark.parametrize("place", ["before_commit", "after_commit", "before_ack"])
def test_killed_at_any_place_it_still_acts_once(sink: Sink, bus: Bus, place: str) -> None:
    names = [f"{n:03}" for n in range(60)]
    for name in names:
        bus.publish(a_classified(name))
    tapped = bus.tap("routing")
    sink.launch(OMBUD_FAILPOINTS=f"{QUEUE}.{place}=kill@2")
    assert sink.wait() == -9
    sink.start()
    eventually(lambda: sink.effects() == names, "all effects", sink.log)
    eventually(lambda: sink.rows("SELECT id FROM {}outbox") == [], "all announcements", sink.log)
    assert sink.stop() == 0
    assert len({headers["ce-id"] for headers, _ in bus.take(tapped)}) == 60


def test_killed_between_publish_and_delete_it_publishes_again_under_the_same_id(sink: Sink, bus: Bus) -> None:
    tapped = bus.tap("routing")
    bus.publish(a_classified("1"))
    sink.launch(OMBUD_FAILPOINTS="outbox.published=kill@1")
    assert sink.wait() == -9
    sink.start()
    eventually(lambda: bus.waiting(tapped) == 2, "the second copy")
    assert len({headers["ce-id"] for headers, _ in bus.take(tapped)}) == 1


def test_one_that_fails_alone_waits_in_a_row_and_the_others_go_on(sink: Sink, bus: Bus) -> None:
    for name in ("1", "poison", "2", "refused", "3"):
        bus.publish(a_classified(name))
    sink.start()
    eventually(lambda: sink.effects() == ["1", "2", "3"], "the healthy ones", sink.log)
    eventually(lambda: sink.rows("SELECT attempt FROM {}retries") == [1], "the retry row")
    eventually(lambda: sink.rows("SELECT reason FROM {}dead_letters") == ["rejected"], "the dead letter")
    assert bus.waiting(QUEUE) == 0


def test_after_the_last_retry_it_is_a_dead_letter_with_reason_and_body(sink: Sink, bus: Bus) -> None:
    bus.publish(a_classified("poison"))
    sink.start()
    eventually(lambda: sink.rows("SELECT attempt FROM {}retries") == [1], "the retry row")
    sink.change("UPDATE {}retries SET attempt = 5, next_at = '2026-01-01T00:00:00.000000+00:00'")
    eventually(lambda: sink.rows("SELECT reason FROM {}dead_letters") == ["failed"], "the dead letter", sink.log)
    assert "poison" in sink.rows("SELECT body FROM {}dead_letters")[0]
    assert sink.rows("SELECT attempt FROM {}retries") == []
    for outcome in ("retry", "dead"):  # first it failed, then it died; counted right after the commit
        series = f'ombud_events_total{{outcome="{outcome}",queue="{QUEUE}"}}'
        eventually(lambda series=series: sink.metric(series) == 1, f"one {outcome}", sink.log)  # type: ignore[misc]


@pytest.mark.parametrize(
    "body", [b"{", b"\x80\x04pickle", b'{"complaint_id": 7}', b'"text"', b"[" * 5000, b"{}" + b" " * 300_000]
)
def test_garbage_becomes_a_dead_letter_and_never_a_crash(sink: Sink, bus: Bus, body: bytes) -> None:
    bus.raw("intake.events", "complaint.classified", body, {"ce-id": "1", "ce-source": "/ombud/intake"})
    bus.publish(a_classified("1"))
    sink.start()
    eventually(lambda: sink.effects() == ["1"], "the healthy one", sink.log)
    assert len(sink.rows("SELECT id FROM {}dead_letters")) == 1


def test_stopped_under_load_it_gives_nothing_back(sink: Sink, bus: Bus) -> None:
    for n in range(SLOW):
        bus.publish(a_classified(f"slow{n:03}"))
    sink.start()
    eventually(
        lambda: sink.metric(f'ombud_event_batch_duration_seconds_count{{queue="{QUEUE}"}}') >= 1 or not sink.is_alive,
        "the first batch to begin",
    )
    assert sink.stop() == 0
    done = len(sink.effects())
    assert 0 < done < SLOW
    eventually(lambda: bus.waiting(QUEUE) == SLOW - done, "the rest to be in the queue")
    message = bus.channel.basic_get(QUEUE)
    assert message.delivery_info["redelivered"] is False, "it was handed out before and given back"


def test_while_the_database_is_away_the_messages_are_held(
    postgres_sink: Sink, bus: Bus, postgres: PrivatePostgres
) -> None:
    sink = postgres_sink.start()
    bus.publish(a_classified("1"))
    eventually(lambda: sink.effects() == ["1"], "the first one")
    with stopped(postgres):
        for n in range(2, 100):
            bus.publish(a_classified(f"{n:02}"))
        eventually(lambda: sink.metric(f'ombud_subscription_holding{{queue="{QUEUE}"}}') == 1, "it to hold", sink.log)
        eventually(
            lambda: sink.metric(f'ombud_queue_messages{{queue="{QUEUE}"}}') >= 98 - MOST_HELD, "a look", sink.log
        )
    eventually(lambda: len(sink.effects()) == 99, "all to be worked off", sink.log)
    eventually(lambda: sink.metric(f'ombud_queue_messages{{queue="{QUEUE}"}}') == 0, "a second look", sink.log)
    assert sink.metric(f'ombud_subscription_reconnects_total{{queue="{QUEUE}"}}') == 0
    assert sink.metric(f'ombud_events_total{{outcome="retry",queue="{QUEUE}"}}') == 0, "an outage is nobody's failure"
    assert sink.rows("SELECT attempt FROM {}retries") == []


def test_a_crash_of_the_subscription_itself_ends_the_process_loudly(sink: Sink, bus: Bus) -> None:
    bus.publish(a_classified("1"))
    sink.launch(OMBUD_FAILPOINTS=f"{QUEUE}.before_ack=raise@1")
    assert sink.wait() == 1
    assert "failpoint" in sink.log() and "ended_by_a_crash" in sink.log()
    assert sink.effects() == ["1"]
    sink.start()
    eventually(lambda: sink.metric(f'ombud_events_total{{outcome="duplicate",queue="{QUEUE}"}}') == 1, "the copy")
    assert sink.effects() == ["1"]


def test_a_queue_with_other_arguments_ends_the_process_loudly(sink: Sink, bus: Bus) -> None:
    bus.channel.queue_delete(QUEUE)
    bus.channel.queue_declare(QUEUE, durable=True, auto_delete=False)
    sink.launch()
    assert sink.wait() == 1
    assert "TopologyConflict" in sink.log()


def test_a_queue_that_the_broker_has_not_found_again_yet_is_waited_for(
    sink: Sink, bus: Bus, broker: PrivateBroker, amqp_uri: str
) -> None:
    """Right after its own start a broker knows a queue, but not where it is: 404, "home node … is down"."""
    name = f'rabbit_misc:r(<<"{amqp_uri.rpartition("/")[2]}">>, queue, <<"{QUEUE}">>)'
    bus.publish(a_classified("1"))
    found = f"[Q] = mnesia:dirty_read(rabbit_durable_queue, {name})"
    broker.ctl("eval", f"{found}, mnesia:dirty_delete(rabbit_queue, {name}).")
    sink.change(
        "INSERT INTO {}outbox (event_id, exchange, type, headers, body, created_at) VALUES "
        "('y', 'routing.events', 'complaint.assigned', '{{}}', '{{}}', '2026-01-01T00:00:00.000000+00:00')"
    )
    sink.launch()
    eventually(
        lambda: ("broker_lost" in sink.log() and sink.log().count("relay_waits") > 3) or not sink.is_alive,
        "it to be told",
        sink.log,
    )
    assert sink.is_alive, sink.log()
    assert "is down or inaccessible" in sink.log()
    assert sink.rows("SELECT attempts FROM {}outbox") == [0], "that is no fault of the event"
    broker.ctl("eval", f"{found}, mnesia:dirty_write(rabbit_queue, Q).")
    eventually(lambda: sink.effects() == ["1"], "the event", sink.log)


def test_a_database_that_falls_silent_leaves_health_answering(
    postgres_sink: Sink, bus: Bus, postgres: PrivatePostgres, broker: PrivateBroker, amqp_uri: str
) -> None:
    sink = postgres_sink.start()
    bus.publish(a_classified("1"))
    eventually(lambda: sink.effects() == ["1"], "the first one")
    with frozen(postgres):
        bus.publish(a_classified("2"))
        assert max(sink.times_to_answer(FROZEN)) < PROMPT
        assert held(broker, amqp_uri)[QUEUE] == 1, "it did not wait for the database"
    eventually(lambda: sink.effects() == ["1", "2"], "the second one", sink.log)


def test_many_writers_at_once_do_not_stand_in_the_way_of_the_subscription(sink: Sink, bus: Bus) -> None:
    """On SQLite all wait for one writer; the one that has it still needs a worker."""
    sink.start()
    with ThreadPoolExecutor(80) as pool:
        for n in range(40):
            bus.publish(a_classified(f"slow{n}"))
        answers = pool.map(lambda n: sink.call("POST", "/v1/notes", n), range(160))
        assert [a.status_code for a in answers] == [201] * 160
    eventually(lambda: len(sink.effects()) == 200, "all effects", sink.log)
