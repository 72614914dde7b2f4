"""No input makes the classifier slow: the time grows with the text, and is bounded, whatever stands in it."""

import json
import random
import time
from functools import cache
from pathlib import Path

import pytest

from services.intake.classify import Classifier

TEXTS = Path(__file__).parents[2] / "data" / "texts"
MOST_SECONDS = 0.05


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()


def words() -> list[str]:
    found = [json.loads(line)["text"] for file in sorted(TEXTS.rglob("*.jsonl")) for line in lines(file)]
    return sorted({word for text in found for word in text.split()})


@cache
def fuzzed() -> dict[str, str]:
    """Texts that a careless matcher would choke on: repetition, runs, no ends of sentences, every rule at once."""
    draw = random.Random(7)
    some = words()
    one_sentence = " ".join(draw.choices(some, k=20_000))
    return {
        "words of all languages in one sentence": one_sentence,
        "one word for ever": "manager " * 20_000,
        "a wish for ever": "I want to speak to your manager and " * 5_000,
        "marks": "!?.,;:" * 20_000,
        "one long word": "a" * 100_000,
        "open quotes": "> " * 50_000,
        "line ends": "\n" * 100_000,
        "addresses": "a@b.cz http://x.y/z " * 5_000,
        "numbers": "1.000,00 € " * 10_000,
        "characters": "经理投诉退款" * 15_000,
        "kana": "マネージャーに代わって" * 8_000,
        "accents": "e\u0301" * 50_000,
        "emoji": "😡🔥" * 25_000,
        "noise": "".join(chr(draw.randrange(32, 0x3000)) for _ in range(50_000)),
    }


@pytest.mark.parametrize("kind", fuzzed())
def test_the_worst_inputs_are_read_in_time(classifier: Classifier, kind: str) -> None:
    text = fuzzed()[kind]
    classifier.classify(text)
    taken = []
    for _ in range(5):  # CPU time, and the best of five: the machine may be busy
        started = time.process_time()
        classifier.classify(text)
        taken.append(time.process_time() - started)
    assert min(taken) < MOST_SECONDS
