"""How a line of a file becomes a message, and what is expected of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from ombud.send.lines import Kind, Line, Tally, line_of, lines_of
from services.intake import schemas
from shared.errors import Rejected

SAMPLES = Path(__file__).parents[3] / "samples" / "complaints.jsonl"


def a_line(**fields: Any) -> bytes:
    complaint = {"source": "webshop", "external_id": "W-1", "text": "The parcel never came."}
    return json.dumps({k: v for k, v in (complaint | fields).items() if v is not None}).encode()


def test_a_line_without_a_type_is_a_submitted_complaint() -> None:
    line = line_of(a_line())
    assert (line.type, line.kind, line.key) == ("complaint.submitted", Kind.COMPLAINT, ("webshop", "W-1"))


def test_the_type_is_the_routing_key_and_stays_out_of_the_body() -> None:
    line = line_of(a_line(type="complaint.contacted"))
    assert line.type == "complaint.contacted"
    assert "type" not in json.loads(line.body)


def test_the_same_line_is_the_same_message_and_another_line_is_another() -> None:
    assert line_of(a_line()).id == line_of(a_line()).id
    assert line_of(a_line()).id != line_of(a_line(text="Still nothing.")).id


@pytest.mark.parametrize(
    "raw",
    [
        b"not json",
        b'{"text": ',
        b'["a", "list"]',
        b"\xff\xfe\x00",
        a_line(text=None),
        a_line(text="  "),
        a_line(text=7),
        a_line(external_id=None),
        a_line(type="complaint.teleported"),
        a_line(received_at="yesterday"),
        a_line(received_at="2026-11-02T06:05:16"),
        a_line(received_at=7),
        a_line(customer=["C-1"]),
        b'{"type": "complaint.resolved", "source": "webshop"}',
    ],
)
def test_what_intake_cannot_take_is_expected_in_quarantine(raw: bytes) -> None:
    line = line_of(raw)
    assert (line.kind, line.key) == (Kind.BROKEN, None)


@pytest.mark.parametrize("raw", [b"not json", b'["a", "list"]', b"\xff\xfe\x00"])
def test_what_cannot_be_read_goes_out_byte_by_byte(raw: bytes) -> None:
    assert line_of(raw).body == raw


def test_a_step_is_no_complaint_of_its_own() -> None:
    line = line_of(b'{"type": "complaint.resolved", "source": "webshop", "external_id": "W-1"}')
    assert (line.kind, line.key) == (Kind.STEP, None)


def test_a_complaint_that_names_no_source_comes_from_the_feed() -> None:
    line = line_of(a_line(source=None))
    assert (line.source, line.key) == ("feed", ("feed", "W-1"))


def test_a_labelled_text_becomes_an_email_and_its_language_stays_behind() -> None:
    line = line_of(b'{"id": "x-1", "source": "set", "licence": "CC0", "language": "cs", "text": "Nic", "labels": {}}')
    assert json.loads(line.body) == {
        "source": "feed",
        "external_id": "x-1",
        "channel": "email",
        "text": "Nic",
        "customer": {},
    }
    assert line.key == ("feed", "x-1")


def test_the_tally_counts_repeats_and_further_contacts_once() -> None:
    tally = Tally()
    for raw in (a_line(), a_line(), a_line(type="complaint.contacted", text="Well?"), b"broken", b"broken"):
        tally.add(line_of(raw))
    assert (tally.lines, len(tally.complaints), len(tally.broken)) == (5, 1, 1)


def test_empty_lines_and_a_byte_order_mark_are_no_content() -> None:
    lines = list(lines_of([b"\xef\xbb\xbf" + a_line() + b"\r\n", b"\n", a_line() + b"\n"]))
    assert [line.id for line in lines] == [line_of(a_line()).id] * 2


def intake_takes(line: Line) -> bool:
    try:
        data = json.loads(line.body)
        schemas.upstream(line.type, {"source": line.source} | data if isinstance(data, dict) else data)
    except (Rejected, json.JSONDecodeError):
        return False
    return True


def test_intake_takes_of_the_samples_what_is_expected() -> None:
    lines = list(lines_of(SAMPLES.read_bytes().splitlines(keepends=True)))
    assert [line.body for line in lines if intake_takes(line) is (line.kind is Kind.BROKEN)] == []
