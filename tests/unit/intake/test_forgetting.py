"""A customer is forgotten, on both databases: nothing of them is left, and nothing of others is touched."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import eventlet
import orjson
import pytest
from sqlalchemy import func, select

from services.intake import forgetting, merging, settings, store, tables, usecases
from services.intake.domain.complaint import Person, Read
from services.intake.domain.endings import successor
from services.intake.domain.matters import known
from services.intake.service import IntakeService
from shared import tables as plumbing
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintClassified
from shared.errors import Conflict
from shared.messaging import failures
from shared.messaging.envelope import Message
from shared.outbox import write_rows
from shared.settings import WrongSettings
from tests.unit.intake.conftest import Desk, a_contact, a_step, complaint_id

EVA = Person("C-10042", "Eva Malinová", "eva@example.org", "+420 601 000 001", region="CZ")
SECRETS = ("C-10042", "Malinov", "eva@example", "601000001", "601 000", "rhubarb", "KX-200", "A-4711", "vip")


def evas(text: str = "My rhubarb kettle leaks.", external_id: str = "A-4711", **changes: Any) -> Read:
    fields = {"customer": EVA, "product": "KX-200", "tags": ("vip",), "subject": "rhubarb", "flags": ("vulnerable",)}
    return a_contact(text, external_id, severity=Severity.HIGH, **(fields | changes))


def forget(desk: Desk, **names: str) -> forgetting.Erased:
    with desk.db.transaction() as tx:
        return forgetting.forget(tx, known(Person(**names)))


def everything(desk: Desk) -> str:
    """Every value of every table."""
    with desk.db.read() as tx:
        all_tables = (*tables.metadata.sorted_tables, *plumbing.plumbing.sorted_tables)
        return str([list(tx.execute(select(table))) for table in all_tables])


def put_aside(
    desk: Desk,
    *bodies: object,
    headers: dict[str, Any] | None = None,
    dead: bool = True,
    queue: str = "intake.complaints.v1",
) -> None:
    """Each as a dead letter, or as a retry."""
    with desk.db.transaction() as tx:
        for n, body in enumerate(bodies):
            raw = body if isinstance(body, bytes) else orjson.dumps(body)
            message = Message("complaint.submitted", headers or {}, raw)
            failure = failures.Failure(queue, "s", f"{hash(raw)}-{n}", "t", "unknown", message, "invalid", "…")
            failures.bury(tx, "intake", failure) if dead else failures.schedule_retry(tx, "intake", failure, 1)


def number_put_aside(desk: Desk) -> int:
    with desk.db.read() as tx:
        return sum(
            tx.connection.scalar(select(func.count()).select_from(t)) or 0
            for t in (plumbing.dead_letters, plumbing.retries)
        )


@pytest.mark.parametrize("name", [{"ref": "C-10042"}, {"email": "EVA@example.org"}, {"phone": "00420601000001"}])
def test_nothing_of_the_customer_is_left(desk: Desk, name: dict[str, str]) -> None:
    desk.db.announce_with(lambda tx, announced: write_rows("intake", tx, announced))
    desk.take(evas(), a_contact("Other.", "2"))
    with desk.db.transaction() as tx:
        usecases.submit(tx, desk.rules, evas("Again my rhubarb."), "shop", "key-1", "hash")
    assert all(secret in everything(desk) for secret in ("C-10042", "Malinov", "rhubarb", "A-4711"))
    erased = forget(desk, **name)
    assert (erased.complaints, erased.contacts, erased.idempotency_keys) == (1, 2, 1)
    assert erased.messages == 2, "the two events that waited in the outbox"
    left = everything(desk)
    assert [secret for secret in SECRETS if secret in left] == []
    assert "vulnerable" not in left and "Other." in left


def test_what_stays_is_the_tombstone_and_the_others_are_told(desk: Desk) -> None:
    desk.take(evas())
    forget(desk, ref="C-10042")
    with desk.db.read() as tx:
        stone = store.find_complaint(tx, complaint_id("A-4711"))
    assert stone is not None and stone.verdict is not None
    assert (stone.state, stone.verdict.severity, stone.verdict.category) == ("forgotten", "high", "defect")
    assert stone.received_at is not None
    assert desk.announced == [("classified", 1), ("forgotten", 2)]


def test_told_twice_it_acts_once(desk: Desk) -> None:
    desk.take(evas())
    forget(desk, ref="C-10042")
    assert forget(desk, ref="C-10042") == forgetting.Erased(0, 0, 0, 0)
    assert len(desk.events) == 2


def test_what_was_merged_is_forgotten_with_it(desk: Desk) -> None:
    desk.take(evas(), a_contact("My rhubarb again.", "2"))
    with desk.db.transaction() as tx:
        merging.merge(tx, complaint_id("A-4711"), complaint_id("2"), "petra")
    assert forget(desk, email="eva@example.org").complaints == 2
    assert "rhubarb" not in everything(desk)
    assert desk.announced[-2:] == [("forgotten", 3), ("forgotten", 3)]


@pytest.mark.parametrize("name", ["C-10042", "X-1"], ids=["who ended", "who goes on"])
def test_whoever_of_a_merged_matter_asks_it_goes_as_a_whole(desk: Desk, name: str) -> None:
    other = Person(ref="X-1", email="x@example.org", phone="998877")
    desk.take(evas(), a_contact("My rhubarb again.", "2", customer=other))
    with desk.db.transaction() as tx:
        merging.merge(tx, complaint_id("A-4711"), complaint_id("2"), "petra")
    assert forget(desk, ref=name).complaints == 2
    assert "rhubarb" not in everything(desk)


def test_a_copy_of_what_was_erased_changes_nothing(desk: Desk) -> None:
    desk.take(evas(), evas("And the lid."))
    forget(desk, ref="C-10042")
    desk.take(evas(), evas("And the lid.")).take(evas())
    assert [e.type for e in desk.events].count("complaint.forgotten") == 1 and len(desk.events) == 3
    assert "rhubarb" not in everything(desk)


def test_something_new_begins_a_matter_of_its_own(desk: Desk) -> None:
    desk.take(evas())
    forget(desk, ref="C-10042")
    new = evas("Now the lid is broken, too.")
    desk.take(new).take(new, evas("Hello?"), a_step("resolved", "A-4711"))
    id_ = successor(desk.find("web", "A-4711"), new).id
    assert desk.announced[2:] == [("classified", 1), ("updated", 2), ("resolved", 3)]
    assert {e.complaint_id for e in desk.events[2:]} == {id_} != {complaint_id("A-4711")}
    stone = desk.find("web", "A-4711")
    assert (stone.state, stone.merged_into, stone.customer) == ("forgotten", id_, Person())


def test_what_began_anew_can_be_forgotten_again(desk: Desk) -> None:
    desk.take(evas())
    for n in range(2):
        assert forget(desk, ref="C-10042").complaints == 1
        desk.take(evas(f"Something new, {n}."))
    assert forget(desk, ref="C-10042").complaints == 1
    assert len({e.complaint_id for e in desk.events}) == 3


def test_a_step_of_a_forgotten_complaint_brings_nothing_back(desk: Desk) -> None:
    desk.take(evas())
    forget(desk, ref="C-10042")
    desk.take(a_step("reopened", "A-4711", by="Eva Malinová"), a_step("rated", "A-4711", score=0.1))
    assert desk.announced == [("classified", 1), ("forgotten", 2)] and "Malinov" not in everything(desk)


def test_a_contact_by_its_id_is_refused(desk: Desk) -> None:
    desk.take(evas())
    forget(desk, ref="C-10042")
    with desk.db.read() as tx, pytest.raises(Conflict):
        usecases.complaint_for_contact(tx, complaint_id("A-4711"))


HERS = [
    ({"source": "web", "external_id": "A-4711", "text": 7}, {}),
    ({"external_id": "A-4711"}, {"ce-source": "web"}),
    ({"data": {"text": "x"}, "source": "web", "subject": "A-4711"}, {}),
    ({"customer": {"ref": "C-10042"}}, {}),
    ({"text": "I am C-10042, and angry"}, {}),
    ({"customer": [{"email": "Eva@Example.org"}]}, {}),
    ({"from": "Eva <eva@example.org>"}, {}),
    ({"tel": "0420-601 000 001"}, {}),
    ({"tel": "601 000 001"}, {}),
    (b"<xml>eva@example.org</xml>", {}),
    (b"broken { +420601000001", {}),
    (b"\xff\xfe eva@example.org", {}),
    (b"MSG=%7B%22from%22%3A%22eva%40example.org%22%7D", {}),
    (b"[" * 1000 + b'"eva@example.org"' + b"]" * 1000, {}),
    (b"[" * 2000 + b'"eva@example.org"' + b"]" * 2000, {}),  # deeper than the reader of JSON goes
]
OTHERS = [
    {"source": "mail", "external_id": "A-4711", "text": 7},
    {"customer": {"ref": "C-100420"}},
    {"customer": {"ref": "XC-10042"}, "n": "C-10042-7"},
    {"customer": {"email": "neva@example.org"}},
    {"customer": {"email": "eva@example.organic"}},
    {"tel": "+420 601 000 0012"},
    b"broken {",
]


@pytest.mark.parametrize("dead", [True, False], ids=["dead letter", "retry"])
def test_what_was_put_aside_of_hers_is_erased_and_nothing_else(desk: Desk, dead: bool) -> None:
    desk.take(evas())
    for body, headers in HERS:
        put_aside(desk, body, headers=headers, dead=dead)
    put_aside(desk, *OTHERS, dead=dead)
    assert forget(desk, ref="C-10042").messages == len(HERS)
    assert number_put_aside(desk) == len(OTHERS)


def test_a_webhook_about_her_complaint_is_known_by_its_source(desk: Desk) -> None:
    desk.take(evas(external_id="35436"))
    put_aside(desk, {"detail": {"id": 35436}}, {"detail": {"id": "35437"}}, queue="intake.webhooks.web")
    put_aside(desk, {"detail": {"id": 35436}, "x": 1}, queue="intake.webhooks.another")
    assert forget(desk, ref="C-10042").messages == 1
    assert number_put_aside(desk) == 2


def test_a_short_reference_is_no_number_elsewhere(desk: Desk) -> None:
    put_aside(desk, {"customer": {"ref": 7}, "text": 1})
    put_aside(desk, {"score": 7, "text": "I waited 7 days", "ref": "77"})
    assert forget(desk, ref="7").messages == 1
    assert number_put_aside(desk) == 1


def test_more_was_put_aside_than_one_page(desk: Desk) -> None:
    many = forgetting.PAGE + 5
    put_aside(desk, *({"customer": {"ref": "C-10042"}, "n": n} for n in range(many)))
    assert forget(desk, ref="C-10042").messages == many


def test_the_quarantine_expires(desk: Desk) -> None:
    put_aside(desk, {"text": 7})
    with desk.db.transaction() as tx:
        assert forgetting.sweep_quarantine(tx, timedelta(days=30)) == 0
        assert forgetting.sweep_quarantine(tx, timedelta(0)) == 1
    assert number_put_aside(desk) == 0


def test_the_sweep_of_the_service_lets_it_expire(desk: Desk) -> None:
    put_aside(desk, {"text": 7})
    service = IntakeService()
    service.db = desk.db
    for kept_for, left in ((timedelta(days=30), 1), (timedelta(0), 0)):
        service.settings = SimpleNamespace(quarantine_kept_for=kept_for)  # type: ignore[assignment]
        service.sweep()
        assert number_put_aside(desk) == left


@pytest.mark.parametrize("days", ["0", "-1", "1e9"])
def test_a_quarantine_of_no_length_is_refused(days: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMBUD_AMQP_URI", "amqp://127.0.0.1")
    monkeypatch.setenv("OMBUD_QUARANTINE_DAYS", days)
    with pytest.raises(WrongSettings, match="OMBUD_QUARANTINE_DAYS"):
        settings.read()


def test_only_what_intake_told_of_the_complaint_leaves_the_outbox(desk: Desk) -> None:
    desk.db.announce_with(lambda tx, announced: write_rows("intake", tx, announced))
    desk.take(evas(), a_contact("Other.", "2"))
    forget(desk, ref="C-10042")
    with desk.db.read() as tx:
        rows = tx.execute(select(plumbing.outbox.c.type, plumbing.outbox.c.body)).all()
    assert sorted(row.type for row in rows) == [ComplaintClassified.type, "complaint.forgotten"]


@pytest.mark.parametrize("dead", [True, False])
def test_what_was_put_aside_is_looked_through_in_pages_that_fit_into_memory(desk: Desk, dead: bool) -> None:
    put_aside(desk, *(b"%d" % n * size for n, size in enumerate([400] * 4 + [3000] + [1] * 250)), dead=dead)
    table = plumbing.dead_letters if dead else plumbing.retries
    with desk.db.read() as tx:
        found = [[len(row.body) for row in page] for page in forgetting.pages(tx, table, 1000)]
    assert sorted(size for page in found for size in page) == sorted(
        len(b"%d" % n) * size for n, size in enumerate([400] * 4 + [3000] + [1] * 250)
    )
    assert all(sum(page) <= 1000 or len(page) == 1 for page in found)


def test_the_service_goes_on_while_what_was_put_aside_is_looked_through(desk: Desk) -> None:
    put_aside(desk, *({"n": n} for n in range(5)))
    turns: list[int] = []

    def live() -> None:
        while len(turns) < 100:
            turns.append(len(turns))
            eventlet.sleep(0)

    other = eventlet.spawn(live)
    forget(desk, ref="C-10042")
    other.kill()
    assert len(turns) >= 5
