"""The quick way of an event to JSON and back gives what the schemas give."""

from datetime import datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.event import Event, InvalidEvent, event_classes, from_data, to_data
from shared.contracts.intake import ComplaintAnswered
from shared.messaging import wire
from tests.contracts.test_properties import instances_of

PRAGUE = timezone(timedelta(hours=1))


@pytest.mark.parametrize("cls", event_classes(), ids=lambda cls: f"{cls.publisher}-{cls.type}")
@settings(max_examples=40)
@given(data=st.data())
def test_it_agrees_with_the_schemas_both_ways(cls: type[Event], data: st.DataObject) -> None:
    event = data.draw(instances_of(cls))
    assert orjson.loads(wire.encode(event)) == to_data(event)
    body = orjson.dumps(to_data(event))
    assert wire.decode(cls, body) == from_data(cls, orjson.loads(body))


def test_an_instant_of_another_zone_goes_out_and_comes_in_as_utc() -> None:
    event = ComplaintAnswered("c", 1, datetime(2026, 11, 2, 13, tzinfo=PRAGUE))
    assert b'"2026-11-02T12:00:00Z"' in wire.encode(event)
    came = wire.decode(ComplaintAnswered, b'{"complaint_id":"c","revision":1,"at":"2026-11-02T13:00:00+01:00"}')
    assert came.at.isoformat() == "2026-11-02T12:00:00+00:00"


@pytest.mark.parametrize("at", ["2026-11-02T13:00:00", "yesterday", 7, None])
def test_what_is_no_instant_with_a_zone_is_refused_by_its_path(at: object) -> None:
    body = orjson.dumps({"complaint_id": "c", "revision": "x", "at": at})
    with pytest.raises(InvalidEvent) as refused:
        wire.decode(ComplaintAnswered, body)
    assert set(refused.value.errors) == {"revision", "at"}
