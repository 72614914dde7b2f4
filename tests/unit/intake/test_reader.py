"""The reader in a service: a language that is new keeps nobody waiting, rules that change are taken while it runs."""

import os
import threading
from pathlib import Path

import eventlet
import pytest

from services.intake.domain.complaint import Submission
from services.intake.metrics import RELOADS
from services.intake.reader import Reader, load_rules


@pytest.fixture
def reader() -> Reader:
    return Reader(load_rules(None))


def test_the_hub_turns_while_the_pack_of_a_language_is_compiled(reader: Reader):
    submission = Submission("web", "1", "Die Lampe ist kaputt, ich möchte den Vorgesetzten sprechen.")
    turns: list[str] = []
    others = [eventlet.spawn(lambda: turns.append(reader.read(submission).verdict.language)) for _ in range(2)]
    health = eventlet.spawn(lambda: turns.append("healthy"))
    read = reader.read(submission)
    health.wait()
    assert turns[0] == "healthy"
    assert [other.wait() for other in others] == [None, None]
    assert (turns[1:], read.verdict.language) == (["de", "de"], "de")


RULES = "products:\n  {}: |\n    kettle\n"


def product(reader: Reader) -> str | None:
    return reader.read(Submission("web", "1", "My kettle leaks.")).submission.product


def test_changed_rules_are_taken_once(tmp_path: Path):
    rules = tmp_path / "company.yml"
    rules.write_text(RULES.format("old"))
    reader = Reader.of(tmp_path)
    assert not reader.reload()
    rules.write_text(RULES.format("newer"))
    assert (reader.reload(), reader.reload(), product(reader)) == (True, False, "newer")


def test_with_a_mistake_in_the_changed_rules_the_old_ones_stay_and_it_is_said_once(tmp_path: Path):
    rules = tmp_path / "company.yml"
    rules.write_text(RULES.format("old"))
    reader = Reader.of(tmp_path)
    refused = RELOADS.labels("refused")._value.get()
    rules.write_text("productss: {}\n")
    assert (reader.reload(), reader.reload(), product(reader)) == (False, False, "old")
    assert RELOADS.labels("refused")._value.get() == refused + 1
    rules.write_text(RULES.format("mended"))
    assert (reader.reload(), product(reader)) == (True, "mended")


def test_what_changes_while_the_rules_are_read_is_taken(tmp_path: Path):
    """Through a pipe in the place of the file, which tells when it is being read."""
    rules, pipe = tmp_path / "company.yml", tmp_path / "pipe"
    os.mkfifo(rules)

    def change() -> None:
        with rules.open("w") as reading:  # as soon as somebody reads
            rules.rename(pipe)
            rules.write_text(RULES.format("newer"))
            reading.write(RULES.format("old"))

    writer = threading.Thread(target=change)
    writer.start()
    reader = Reader.of(tmp_path)
    writer.join()
    assert product(reader) == "old"
    assert (reader.reload(), product(reader)) == (True, "newer")
