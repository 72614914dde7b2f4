"""What is read of a body: JSON as systems write it, and faults that say where they are."""

import gzip
import json

import eventlet
import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from shared.bodies import TooSlow, parse_json, read_body
from shared.errors import Rejected

UNKNOWN = "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"cut \ud83d", f"cut {UNKNOWN}"),  # what JavaScript leaves where it cuts a text after so many units
        (r"\uD83D\ude21 \ude21 b", f"\U0001f621 {UNKNOWN} b"),
        (r"\ud83d\ud83d\ude21", f"{UNKNOWN}\U0001f621"),
        (r"\\ud83d \udc00", rf"\ud83d {UNKNOWN}"),  # the first one is no escape, but a stroke and letters
        (r"\ud83d" * 20_000, UNKNOWN * 20_000),
    ],
    ids=("cut", "second half", "before a whole one", "no escape", "nothing else"),
)
def test_half_a_character_loses_no_text(written: str, read: str) -> None:
    assert parse_json(f'{{"text": "{written}"}}'.encode()) == {"text": read}


@pytest.mark.parametrize("body", [b"{", b'"\\ud83d', b'{"a": NaN}', b"9" * 400, b'"\\ud83"', b'"\\ud83d" x'])
def test_what_is_no_json_stays_none(body: bytes) -> None:
    with pytest.raises(ValueError, match="line 1 column"):
        parse_json(body)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (json.dumps({"text": "Vaše"}, ensure_ascii=False).encode("cp1250"), "byte 0x9a at position 12"),
        (json.dumps({"text": "hi"}).encode("utf-16"), "byte 0xff at position 0"),
    ],
)
def test_another_encoding_is_named_by_the_first_byte_that_is_wrong(body: bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=f"not UTF-8: {fault}"):
        parse_json(body)


class NeverEnding:
    def read(self, size: int = -1) -> bytes:
        eventlet.sleep(60)
        return b""


def test_a_body_that_is_packed_is_refused_with_how_to_send_it() -> None:
    packed = EnvironBuilder(
        method="POST", data=gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"}
    ).get_request()
    with pytest.raises(Rejected, match=r"encoded \(gzip\).*without Content-Encoding") as refused:
        read_body(packed, 100)
    assert refused.value.status == 415


def test_who_does_not_send_the_body_is_told_so() -> None:
    waiting = Request({"REQUEST_METHOD": "POST", "CONTENT_LENGTH": "9", "wsgi.input": NeverEnding()})
    with pytest.raises(TooSlow, match=r"the body did not arrive within 0\.01 seconds"):
        read_body(waiting, 100, within=0.01)
