"""The policy is exchanged while routing runs; a file with a mistake changes nothing, and is said once."""

import os
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from services.routing.policy.policybook import PolicyBook
from shared.policy.page import PolicyError

ONE = "name: one\nrules: [{name: everything}]\n"
TWO = "name: two\nrules: [{name: everything, weight: 2}]\n"
WRONG = "name: two\nrules: [{name: everything, weight: 0}]\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yml"
    path.write_text(ONE)
    return path


def counted() -> tuple[float, float]:
    """Taken and refused, so far in this process."""
    found = [REGISTRY.get_sample_value("ombud_policy_reloads_total", {"outcome": o}) for o in ("taken", "refused")]
    assert None not in found, "both exist from the start"
    return found[0] or 0, found[1] or 0


def version_shown() -> set[str]:
    return {
        sample.labels["version"]
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "ombud_routing_policy_info"
    }


def test_a_file_with_a_mistake_stops_the_start(file: Path) -> None:
    file.write_text(WRONG)
    with pytest.raises(PolicyError):
        PolicyBook(file)


def test_a_changed_policy_is_taken_once(file: Path) -> None:
    book, (taken, refused) = PolicyBook(file), counted()
    assert (book.current.version.partition("@")[0], book.document) == ("one", ONE)
    assert not book.reload()
    file.write_text(TWO)
    with capture_logs() as logs:
        assert book.reload()
        assert not book.reload()
    assert (book.current.version.partition("@")[0], book.document) == ("two", TWO)
    assert [(line["event"], line["policy_version"]) for line in logs] == [("policy_taken", book.current.version)]
    assert counted() == (taken + 1, refused)
    assert version_shown() == {book.current.version}


@pytest.mark.parametrize("text", [WRONG, "", "{", "\0"])
def test_a_file_with_a_mistake_leaves_the_policy_and_is_said_once(file: Path, text: str) -> None:
    book, (taken, refused) = PolicyBook(file), counted()
    before = book.current
    file.write_text(text)
    with capture_logs() as logs:
        assert [book.reload() for _ in range(3)] == [False] * 3
    assert book.current is before and book.document == ONE
    ((event, mistakes),) = [(line["event"], line["mistakes"]) for line in logs]
    assert event == "policy_refused" and mistakes[0].startswith(f"{file}:")
    assert counted() == (taken, refused + 1)
    assert version_shown() == {before.version}


def test_each_wrong_change_is_said_and_the_right_one_after_it_is_taken(file: Path) -> None:
    book, (taken, refused) = PolicyBook(file), counted()
    for text in (WRONG, WRONG + "# again\n"):
        file.write_text(text)
        assert not book.reload()
    file.write_text(TWO)
    assert book.reload()
    assert counted() == (taken + 1, refused + 2)


def test_a_file_that_vanished_leaves_the_policy_and_one_that_comes_back_is_taken(file: Path) -> None:
    book, (taken, refused) = PolicyBook(file), counted()
    file.unlink()
    with capture_logs() as logs:
        assert [book.reload() for _ in range(2)] == [False, False]
    assert [line["event"] for line in logs] == ["policy_refused"]
    file.write_text(TWO)
    assert book.reload()
    assert counted() == (taken + 1, refused + 1)


def test_a_file_of_the_same_size_and_time_that_was_moved_in_is_seen(file: Path, tmp_path: Path) -> None:
    book = PolicyBook(file)
    other, stat = tmp_path / "other.yml", file.stat()
    other.write_text(ONE.replace("one", "two"))
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(file)
    assert book.reload() and book.current.version.startswith("two@")


def test_a_file_that_was_only_touched_is_not_taken(file: Path) -> None:
    book, before = PolicyBook(file), counted()
    os.utime(file, (1, 1))
    with capture_logs() as logs:
        assert not book.reload()
    assert (logs, counted()) == ([], before)
