"""Can today's code read yesterday's messages? The stored examples must parse for ever."""

import uuid
from dataclasses import MISSING
from typing import Any

import orjson
import pytest

from shared.contracts.event import InvalidEvent, from_data, to_data
from shared.messaging.envelope import Message, decode, encode
from tests.contracts.stored import ALL, FULL, Example

# An id must never be computed in another way: copies from before and after an upgrade are the same event.
STORED_IDS = {
    "case.acknowledged": "d4489231-543b-5a34-8410-23ef5e81724e",
    "case.corrected": "00f0fbd1-869f-54c2-b1da-9450804d4cfd",
    "case.escalated": "97c9d3f5-bd11-580c-a321-9b09c889f280",
    "case.exhausted": "44262799-594b-5c9e-b302-36a2758448b3",
    "case.handed_back": "50a3584c-cf44-50a8-b341-29fed88f7c8d",
    "case.muted": "d3c07e60-2437-5df3-b494-3df614e2c9b5",
    "case.opened": "e08c1a79-b978-5de7-85ca-23f34b1e4ccb",
    "case.resolved": "4f2480db-e734-5a0b-bd7e-fd4ccc3812ea",
    "case.snoozed": "df3ea46e-096a-528e-891f-78c5e43e8f2c",
    "case.warned": "501458ff-12bf-50a6-a6cf-b653da6b9598",
    "complaint.answered": "837a0f1b-82e7-5644-9133-cbf3b7766ad6",
    "complaint.classified": "1c699624-e620-52e8-ba54-163245437a5c",
    "complaint.escalation_requested": "49442307-3929-5217-be11-fe29c17b8669",
    "complaint.forgotten": "1f4f31d7-c214-59e4-90c6-45dbd9dbeef8",
    "complaint.merged": "834454e4-9566-5b96-967c-e3650afd97e9",
    "complaint.rated": "4a895589-5edc-5f39-a0b1-2523c4a06daa",
    "complaint.reopened": "446d532e-2f7d-5ef2-937f-f0f214039381",
    "complaint.resolved": "f4540d21-0683-5c66-8395-7320394852d0",
    "complaint.updated": "7f2298ef-0752-551c-bcb7-a52aa2ee5ab5",
    "alert.accepted": "b962ffa9-c4e1-53a1-93d7-d9da5862cd30",
    "alert.ambiguous": "030505a2-87d4-5049-9002-3ca2834a3b26",
    "alert.answered": "a1fcbc44-c22e-595f-9beb-f29ade9d923e",
    "alert.delivered": "20e489b3-dd4b-5560-b3ed-6499798bc83d",
    "alert.failed": "9a012e6e-8061-58e4-b2df-b3da9f53182c",
    "alert.suppressed": "8f581e58-2a29-50ab-a314-5a13607989c3",
    "escalation.unreachable": "8f9651a0-e318-5e97-9653-c3e2f92d45d6",
    "complaint.assigned": "d1f49b2f-a177-5e74-b4c8-779e84214f6a",
    "complaint.queued": "d3844b23-7ffd-5238-a2c7-f3bd9bbe80f9",
}


def headers_of(example: Example) -> dict[str, str]:
    publisher = "routing" if example.event.publisher == "any" else example.event.publisher
    return {"ce-specversion": "1.0", "ce-id": "1", "ce-source": f"/ombud/{publisher}", "ce-type": example.event.type}


def keeps(stored: Any, now: Any) -> bool:
    """True when everything that was stored is still there with the same value; what is new beside it is allowed."""
    if isinstance(stored, dict):
        return isinstance(now, dict) and all(k in now and keeps(v, now[k]) for k, v in stored.items())
    if isinstance(stored, list):
        return isinstance(now, list) and len(stored) == len(now) and all(map(keeps, stored, now))
    return bool(stored == now)


def with_unknown(data: Any) -> Any:
    """The same data with a field of the future in every object."""
    if isinstance(data, dict):
        return {**{k: with_unknown(v) for k, v in data.items()}, "field_of_the_future": {"a": [1]}}
    return [with_unknown(item) for item in data] if isinstance(data, list) else data


@pytest.mark.parametrize("example", FULL, ids=str)
def test_every_event_has_an_example_with_every_field(example: Example) -> None:
    assert example.path.is_file(), f"store an example of {example.event.type}"
    assert set(example.data()) == {f.name for f in example.fields}


@pytest.mark.parametrize("example", ALL, ids=str)
def test_stored_message_is_still_read_as_its_event(example: Example) -> None:
    received = decode(Message(example.event.type, headers_of(example), example.path.read_bytes()))
    assert type(received.event) is example.event
    assert received.subject == example.data()[example.event.subject_field]


@pytest.mark.parametrize("example", [e for e in ALL if e.kind != "unknown"], ids=str)
def test_nothing_that_was_stored_gets_lost_on_the_way_through(example: Example) -> None:
    event = from_data(example.event, example.data())
    assert keeps(example.data(), to_data(event))
    assert from_data(example.event, orjson.loads(encode(event))) == event


@pytest.mark.parametrize("example", FULL, ids=str)
def test_unknown_fields_are_ignored(example: Example) -> None:
    known = from_data(example.event, example.data())
    if any("dict" in str(f.type) for f in example.fields):
        # An open map has no unknown keys; the fields around it have.
        assert from_data(example.event, example.data() | {"field_of_the_future": 1}) == known
    else:
        assert from_data(example.event, with_unknown(example.data())) == known


@pytest.mark.parametrize(
    ("example", "missing"),
    [(e, f.name) for e in FULL for f in e.fields if f.default is MISSING and f.default_factory is MISSING],
    ids=str,
)
def test_missing_required_field_is_refused_by_its_path(example: Example, missing: str) -> None:
    data = {k: v for k, v in example.data().items() if k != missing}
    with pytest.raises(InvalidEvent) as refused:
        from_data(example.event, data)
    assert set(refused.value.errors) == {missing}


def test_fault_deep_inside_is_refused_by_its_path() -> None:
    example = next(e for e in FULL if e.event.type == "case.escalated")
    data = example.data()
    data["facts"] = data["facts"] | {"received_at": "yesterday", "flags": ["safety", 7]}
    with pytest.raises(InvalidEvent) as refused:
        from_data(example.event, data)
    assert set(refused.value.errors) == {"facts"}
    assert set(refused.value.errors["facts"]) == {"received_at", "flags"}
    assert set(refused.value.errors["facts"]["flags"]) == {1}


@pytest.mark.parametrize("example", FULL, ids=str)
def test_same_cause_has_the_same_id_and_only_the_same_cause(example: Example) -> None:
    event, again = (from_data(example.event, example.data()) for _ in range(2))
    assert (event.event_id == again.event_id) is bool(example.event.identity)
    for name in example.event.identity:
        other = from_data(example.event, example.data() | {name: _another(example.data()[name])})
        assert other.event_id != event.event_id, f"{name} makes no difference"


def _another(value: Any) -> Any:
    return value + 1 if isinstance(value, int) else str(uuid.uuid4())


def test_ids_are_computed_as_ever() -> None:
    computed = {e.event.type: from_data(e.event, e.data()).event_id for e in FULL if e.event.identity}
    assert computed == STORED_IDS
