"""Dead letters on both databases: found by filter, whole, worked off once more under the right id, or thrown away."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from shared import tables
from shared.contracts.topology import QUEUES
from shared.database import Database
from shared.errors import Conflict, NotFound, Rejected
from shared.loading import load
from shared.messaging import failures
from shared.messaging.envelope import Message, Received, Undecodable
from shared.messaging.receiver import IdempotentReceiver
from shared.outbox import write_rows
from shared.quarantine import letters, metrics, schemas, usecases, ways
from shared.quarantine.letters import Letter, Wanted
from shared.quarantine.ways import Correction
from tests.harness.tables import bring_up
from tests.plumbing.conftest import MIGRATIONS

QUEUE = "routing.intake.v1"
AS_IT_WAS = Correction()


class Desk:
    """A subscription without a broker, and the quarantine of its service. Understands digits; refuses "refused"."""

    def __init__(self, url: str):
        bring_up(url, "routing", MIGRATIONS)
        self.db = Database(url, "routing")
        self.db.announce_with(lambda tx, announced: write_rows("routing", tx, announced))
        self.done: list[str] = []
        self.receiver = IdempotentReceiver(QUEUE, self.db, self.decode, lambda r: r, self.act)

    def decode(self, message: Message) -> Received:
        text = message.body.decode("utf-8", "replace")
        if not text.isdecimal() and text not in ("refused", "bug"):
            raise Undecodable("not_json", "no number")
        id_ = str(message.headers.get("ce-id", text))
        return Received(text, id_, "upstream", message.routing_key, "c", None, message)

    def act(self, tx: Any, events: list[str]) -> None:
        if "refused" in events:
            raise Rejected("refused")
        if "bug" in events:
            raise RuntimeError("bug")
        self.done += events

    def take(self, *bodies: bytes, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.receiver.work_off([Message("t", named, body) for body in bodies], lambda _seconds: None)

    def work_off_retries(self) -> None:
        while self.receiver.replay_one(lambda _seconds: None):
            pass

    def replay(self, id_: str, correction: Correction = AS_IT_WAS) -> ways.Replayed:
        return self.db.run(lambda tx: usecases.replay(tx, id_, correction))

    def letters(self, **wanted: Any) -> list[Letter]:
        with self.db.read() as tx:
            return [
                usecases.letter(tx, row.id)
                for row in letters.page(tx, load(schemas.WantedSchema(), wanted, schemas.UNUSABLE))
            ]

    def only(self) -> Letter:
        (letter,) = self.letters()
        return letter

    def rows(self, table: Any) -> list[Any]:
        with self.db.read() as tx:
            return list(tx.execute(select(table)))

    def bury(self, number: int, **changes: Any) -> None:
        """A letter, each a minute older than the one before."""
        at = datetime(2026, 11, 2, 12, tzinfo=UTC) - timedelta(minutes=number)
        row = {
            "id": f"{number:036}", "queue": QUEUE, "source": "web", "event_id": str(number), "type": "t", "headers": {},
            "content_type": "", "body": "x", "reason": "invalid", "error": "e", "dead_at": at,
        }  # fmt: skip
        with self.db.transaction() as tx:
            tx.insert_many(tables.dead_letters, [row | changes])


@pytest.fixture
def desk(emptied_database: str) -> Iterator[Desk]:
    made = Desk(emptied_database.format(service="routing"))
    yield made
    made.db.close()


@pytest.mark.parametrize("body", [b"no number", b"caf\xe9 \xff", b"nul \0 nul", "č 说".encode()])
def test_what_cannot_be_read_is_kept_byte_for_byte(desk: Desk, body: bytes) -> None:
    desk.take(body)
    assert desk.only().message.body == body
    desk.replay(desk.only().id)
    desk.work_off_retries()
    assert desk.only().message.body == body, "and the replay was given the same"


def test_a_corrected_body_is_worked_off_and_the_letter_is_gone(desk: Desk) -> None:
    desk.take(b"seven")
    replayed = desk.replay(desk.only().id, Correction(b"7"))
    assert (desk.letters(), desk.done) == ([], []), "on its way, as a retry row"
    desk.work_off_retries()
    assert desk.done == ["7"]
    assert desk.rows(tables.retries) == [] and desk.letters() == []
    assert [row.event_id for row in desk.rows(tables.inbox)] == [replayed.event_id]


def test_a_replay_that_fails_again_comes_back_at_once_as_the_letter_that_was_said(desk: Desk) -> None:
    desk.take(b"seven")
    first = desk.only()
    assert desk.replay(first.id).comes_back_as == first.id, "the same words under the same id are the same letter"
    desk.work_off_retries()
    assert desk.only().id == first.id
    for body in (b"bug", b"refused", b"eight"):
        replayed = desk.replay(desk.only().id, Correction(body))
        desk.work_off_retries()
        assert (desk.only().id, desk.only().message.body) == (replayed.comes_back_as, body)
    assert desk.rows(tables.retries) == []


def test_an_event_that_never_committed_keeps_its_id_so_that_a_late_copy_is_known(desk: Desk) -> None:
    desk.take(b"refused", ce_id="e-1")
    assert desk.replay(desk.only().id, Correction(b"1")).event_id == "e-1"
    desk.work_off_retries()
    desk.take(b"1", ce_id="e-1")
    assert desk.done == ["1"]


def test_under_an_id_that_was_acted_on_a_replay_gets_a_new_one(desk: Desk) -> None:
    desk.take(b"1", ce_id="constant")
    desk.take(b"two", ce_id="constant")
    with desk.db.transaction() as tx:  # known by what it says of itself, as a letter that could be decoded
        tx.execute(tables.dead_letters.update().values(source="upstream"))
    assert desk.replay(desk.only().id, Correction(b"2")).event_id != "constant"
    desk.work_off_retries()
    assert desk.done == ["1", "2"]


def test_two_messages_under_one_broken_id_do_not_hide_each_other(desk: Desk) -> None:
    desk.take(b"one", b"two", b"two", ce_id="constant")
    assert {letter.message.body for letter in desk.letters()} == {b"one", b"two"}
    for letter in desk.letters():
        desk.replay(letter.id, Correction(b"1" if letter.message.body == b"one" else b"2"))
    desk.work_off_retries()
    assert sorted(desk.done) == ["1", "2"]


def test_a_replay_has_one_try_and_is_not_told_as_a_first_failure(desk: Desk) -> None:
    desk.take(b"bug")
    (retry,) = desk.rows(tables.retries)
    assert retry.attempt == 1
    for _ in range(len(failures.DELAYS)):
        with desk.db.transaction() as tx:
            tx.execute(tables.retries.update().values(next_at=datetime(2026, 1, 1, tzinfo=UTC)))
        desk.work_off_retries()
    told = len(desk.rows(tables.outbox))
    desk.replay(desk.only().id)
    desk.work_off_retries()
    assert desk.only().reason == "failed"
    assert len(desk.rows(tables.outbox)) == told + 1, "that it is dead, again"


def test_the_same_letter_is_replayed_once(desk: Desk) -> None:
    desk.take(b"seven")
    id_ = desk.only().id
    desk.replay(id_, Correction(b"7"))
    with pytest.raises(NotFound):
        desk.replay(id_, Correction(b"7"))
    with pytest.raises(NotFound), desk.db.transaction() as tx:
        usecases.discard(tx, id_)
    desk.work_off_retries()
    assert desk.done == ["7"]


def test_type_and_content_type_can_be_corrected_too(desk: Desk) -> None:
    desk.take(b"7 ", ce_type="t")
    correction = Correction(None, "complaint.submitted", "text/plain")
    made = correction.of(desk.only().message)
    assert (made.routing_key, made.headers["ce-type"]) == ("complaint.submitted", "complaint.submitted")
    assert (made.content_type, made.body) == ("text/plain", b"7 ")


def test_a_message_without_a_name_stays_one_retry_however_often_it_is_read(desk: Desk) -> None:
    """Intake gives a bare step a random id each time that it decodes it."""
    decode, numbers = desk.decode, iter(range(100))
    desk.receiver._decode = lambda message: replace(decode(message), id=f"random-{next(numbers)}")
    desk.take(b"bug")
    for attempt in range(1, 4):
        (retry,) = desk.rows(tables.retries)
        assert retry.attempt == attempt
        with desk.db.transaction() as tx:
            tx.execute(tables.retries.update().values(next_at=datetime(2026, 1, 1, tzinfo=UTC)))
        desk.work_off_retries()


def test_each_filter_finds_its_own(desk: Desk) -> None:
    desk.bury(1, reason="not_json", body="100 % WRONG")
    desk.bury(2, type="other", error="Missing data")
    desk.bury(3, queue="routing.escalation.v1")
    desk.bury(4, source="shop")
    found = {
        "reason": "not_json", "type": "other", "queue": "routing.escalation.v1", "source": "shop",
    }  # fmt: skip
    for number, (name, value) in enumerate(found.items(), 1):
        assert [letter.event_id for letter in desk.letters(**{name: value})] == [str(number)]
    assert [letter.event_id for letter in desk.letters(contains="100 % wrong")] == ["1"]
    assert [letter.event_id for letter in desk.letters(contains="missing")] == ["2"]
    assert desk.letters(contains="100_%") == [], "a wildcard means itself"
    assert [letter.event_id for letter in desk.letters(since="2026-11-02T11:58:00Z")] == ["1", "2"]


def test_since_takes_how_long_ago_as_well(desk: Desk) -> None:
    desk.bury(1)
    desk.take(b"now")
    assert [letter.message.body for letter in desk.letters(since="1h")] == [b"now"]
    assert len(desk.letters(since="900w")) == 2


@pytest.mark.parametrize("wanted", [{"reasn": "failed"}, {"since": "yesterday"}, {"after": "x"}, {"reason": ""}])
def test_a_filter_that_is_none_is_refused_by_its_name(desk: Desk, wanted: dict[str, str]) -> None:
    with pytest.raises(Rejected) as refused:
        desk.letters(**wanted)
    assert refused.value.errors[0]["pointer"] == "/" + next(iter(wanted))


def test_pages_go_on_where_the_last_one_ended_though_letters_left_meanwhile(desk: Desk) -> None:
    total = letters.PAGE + 50
    for number in range(total):
        desk.bury(number, dead_at=datetime(2026, 11, 2, 12, minute=number % 2, tzinfo=UTC))
    with desk.db.read() as tx:
        first = letters.page(tx, Wanted())[: letters.PAGE]
    with desk.db.transaction() as tx:
        for row in first:
            usecases.discard(tx, row.id)
    after = schemas.WantedSchema().load({"after": schemas.next_after(first[-1])})
    with desk.db.read() as tx:
        rest = letters.page(tx, after)
    assert len(rest) == 50 and not {r.id for r in rest} & {r.id for r in first}
    assert [r.dead_at for r in [*first, *rest]] == sorted((r.dead_at for r in [*first, *rest]), reverse=True)


def test_the_gauge_counts_what_is_there_and_falls_to_zero(desk: Desk) -> None:
    def counted() -> list[float]:
        with desk.db.read() as tx:
            metrics.look(tx)
        return [metrics.LETTERS.labels(r)._value.get() for r in ("not_json", metrics.OTHER, "failed")]

    desk.take(b"seven")
    desk.bury(1, reason="of_its_own")
    assert counted() == [1, 1, 0]
    with desk.db.transaction() as tx:
        tx.execute(tables.dead_letters.delete())
    assert counted() == [0, 0, 0]


def test_a_queue_that_nobody_works_off_is_refused_and_the_letter_stays(desk: Desk) -> None:
    desk.bury(1, queue="routing.gone.v1")
    with pytest.raises(Conflict, match="nobody works off"):
        desk.replay(desk.only().id)
    assert desk.only().queue == "routing.gone.v1"


def test_a_service_can_say_how_letters_of_its_own_are_replayed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ways.WAYS, "intake.webhooks.", ways.as_retry)
    desk.bury(1, queue="intake.webhooks.zendesk")
    assert desk.replay(desk.only().id, Correction(b"{}")).queue == "intake.webhooks.zendesk"
    (retry,) = desk.rows(tables.retries)
    assert (retry.queue, retry.body, retry.attempt) == ("intake.webhooks.zendesk", "{}", failures.REPLAY)


def test_every_queue_has_its_way() -> None:
    back = {q.name for q in QUEUES if ways.way_of(q.name) is ways.back_to_its_queue}
    assert back == {"notify.dead-letters.v1"}
    assert {ways.way_of(q.name) for q in QUEUES if q.name not in back} == {ways.as_retry}


GIVEN_UP: dict[str, Any] = {
    "queue": "notify.dead-letters.v1",
    "reason": "given_up",
    "type": "complaint.classified",
    "content_type": "application/cloudevents+json",
    "headers": {"ce-id": "e-1", ways.ORIGIN: QUEUE, "x-death": [{"count": 1}], "x-delivery-count": 101},
}


def test_what_the_broker_gave_up_on_goes_back_to_its_own_queue_without_the_marks_of_the_broker(desk: Desk) -> None:
    desk.bury(1, **GIVEN_UP)
    assert vars(desk.replay(desk.only().id)) == {"queue": QUEUE, "event_id": "e-1", "comes_back_as": None}
    (row,) = desk.rows(tables.outbox)
    assert (row.exchange, row.type, row.body) == ("", QUEUE, "x")
    assert row.headers == (
        '{"ce-id":"e-1","ce-type":"complaint.classified","content-type":"application/cloudevents+json"}'
    )


def test_sent_back_corrected_it_has_a_new_id_which_no_inbox_knows(desk: Desk) -> None:
    desk.bury(1, **GIVEN_UP)
    replayed = desk.replay(desk.only().id, Correction(b"{}"))
    assert replayed.event_id != "e-1" and replayed.event_id in desk.rows(tables.outbox)[0].headers


@pytest.mark.parametrize(
    ("changes", "what_to_do"),
    [
        ({"headers": {}}, "does not say its queue: publish it there yourself, then discard it"),
        ({"headers": {ways.ORIGIN: "billing"}}, "came from the queue 'billing', which is none of Ombud's"),
        ({"headers": GIVEN_UP["headers"] | {"x-ombud-encoded": "base64"}, "body": "/w=="}, "with a corrected body"),
    ],
)
def test_what_cannot_go_back_is_refused_with_what_to_do(desk: Desk, changes: dict[str, Any], what_to_do: str) -> None:
    desk.bury(1, **GIVEN_UP | changes)
    with pytest.raises(Conflict, match=what_to_do):
        desk.replay(desk.only().id)
    assert desk.only().reason == "given_up"
    assert desk.rows(tables.outbox) == []


@pytest.mark.parametrize("body", [b"7", b"bug", b"refused", b"no number"])
def test_what_is_erased_while_it_is_tried_again_is_neither_done_nor_kept(emptied_database: str, body: bytes) -> None:
    class Forgetful(Desk):
        """Somebody forgets the customer when the row has just been read."""

        def decode(self, message: Message) -> Received:
            with self.db.transaction() as tx:
                tx.execute(delete(tables.retries))
            return super().decode(message)

    desk = Forgetful(emptied_database.format(service="routing"))
    failure = failures.Failure(QUEUE, "upstream", "7", "t", "c", Message("t", {}, body), "failed", "first", "low")
    with desk.db.transaction() as tx:
        failures.replay(tx, failure)
    assert desk.receiver.replay_one(lambda _seconds: None)
    assert (desk.done, desk.rows(tables.retries), desk.rows(tables.dead_letters)) == ([], [], [])
    desk.db.close()
