"""A case keeps the policy that it started with, in the database; the file may be exchanged meanwhile."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from services.escalation.policy import versions
from services.escalation.policy.policybook import PolicyBook
from services.escalation.settings import SHIPPED_POLICY
from shared.database import Database
from shared.policy.page import PolicyError
from shared.schema import migrate
from tests.unit.escalation.policies import LEAST

OTHER = LEAST.replace("name: least", "name: other")
WRONG = LEAST.replace("within: 5d", "within: 5x")
OLD_FORM = "name: standard\nladder: [{name: only, recipients: [manager], respond_within: {critical: 1m}}]\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yml"
    path.write_text(LEAST)
    return path


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path}/escalation.sqlite"
    migrate(url, "escalation", SHIPPED_POLICY.parent / "migrations")
    made = Database(url, "escalation")
    yield made
    made.close()


def keep(db: Database, book: PolicyBook) -> str:
    return db.run(book.keep_current).version


def test_a_file_with_a_mistake_stops_the_start(file: Path) -> None:
    file.write_text(WRONG)
    with pytest.raises(PolicyError):
        PolicyBook(file)


def test_a_changed_file_is_for_new_cases_and_the_older_one_stays_known(file: Path, db: Database) -> None:
    book = PolicyBook(file)
    old = book.current
    assert keep(db, book) == old.version
    file.write_text(OTHER)
    assert book.reload() and book.current.version.startswith("other@")
    with db.read() as tx:
        assert book.of(tx, old.version) == old
        assert book.of(tx, book.current.version) is book.current
    assert keep(db, book) == book.current.version
    with db.read() as tx:
        assert [versions.document_of(tx, v) for v in (old.version, book.current.version)] == [LEAST, OTHER]


def test_a_file_with_a_mistake_leaves_the_policy(file: Path) -> None:
    book = PolicyBook(file)
    before = book.current
    file.write_text(WRONG)
    with capture_logs() as logs:
        assert not book.reload()
    assert book.current is before
    assert [line["event"] for line in logs] == ["policy_refused"]
    assert "clocks.0.within" in logs[0]["mistakes"][0]


def test_a_policy_is_kept_even_when_the_first_transaction_was_rolled_back(file: Path, db: Database) -> None:
    book = PolicyBook(file)

    def keep_and_fail() -> None:
        with db.transaction() as tx:
            book.keep_current(tx)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        keep_and_fail()
    for _ in range(3):
        keep(db, book)
    with db.read() as tx:
        assert versions.document_of(tx, book.current.version) == LEAST


def test_the_policy_that_was_kept_is_given_though_another_one_is_taken_meanwhile(file: Path, db: Database) -> None:
    book = PolicyBook(file)
    with db.transaction() as tx:
        kept = book.keep_current(tx)
        file.write_text(OTHER)
        book.reload()
        assert versions.document_of(tx, kept.version) == LEAST
    assert kept.version != book.current.version


@pytest.mark.parametrize("document", [OLD_FORM, "{", ""])
def test_a_case_whose_policy_cannot_be_read_climbs_by_the_current_one_and_it_is_said_once(
    file: Path, db: Database, document: str
) -> None:
    book = PolicyBook(file)
    db.run(lambda tx: versions.keep(tx, "old@1", document))
    with capture_logs() as logs, db.read() as tx:
        assert [book.of(tx, "old@1") for _ in range(2)] == [book.current] * 2
    assert [(line["event"], line["policy_version"]) for line in logs] == [("policy_unreadable", "old@1")]


def test_a_case_whose_policy_is_gone_climbs_by_the_current_one_also_after_that_was_exchanged(
    file: Path, db: Database
) -> None:
    book = PolicyBook(file)
    with capture_logs() as logs, db.read() as tx:
        assert book.of(tx, "lost@000") is book.current
        file.write_text(OTHER)
        assert book.reload()
        assert book.of(tx, "lost@000") is book.current
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["policy_missing"]
