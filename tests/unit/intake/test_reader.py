"""The reader in a service: who waits for a language that is new keeps nobody else waiting."""

import eventlet
import pytest

from services.intake.domain.complaint import Submission
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
