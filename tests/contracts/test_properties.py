"""Whatever an event holds, it comes out of the wire form as it went in."""

import types
import typing
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from shared.contracts.event import Event, event_classes, from_data, schema_for
from shared.messaging.envelope import encode

ZONES = some.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
PLAIN: dict[Any, some.SearchStrategy[Any]] = {
    # Surrogates are no characters; no encoder takes them, and none comes out of a decoded body.
    str: some.text(some.characters(exclude_categories=["Cs"]), max_size=30),
    int: some.integers(-(2**63), 2**63 - 1),
    float: some.floats(allow_nan=False, allow_infinity=False),
    bool: some.booleans(),
    # Bounds without a zone, as hypothesis wants them; a day inside, so that UTC is in range too.
    datetime: some.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=ZONES),  # noqa: DTZ001
}


def values_of(hint: Any) -> some.SearchStrategy[Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return some.one_of(*(some.none() if a is type(None) else values_of(a) for a in arguments))
    if origin is tuple:
        return some.lists(values_of(arguments[0]), max_size=3).map(tuple)
    if origin is dict:
        return some.dictionaries(PLAIN[str], values_of(arguments[1]), max_size=3)
    if is_dataclass(hint):
        return instances_of(typing.cast(type, hint))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return some.sampled_from(list(hint))
    return PLAIN[hint]


def instances_of(cls: type) -> some.SearchStrategy[Any]:
    """Any instance of a contract, from its type hints; fields with a default are left away at times."""
    hints = typing.get_type_hints(cls)
    required = {f.name: values_of(hints[f.name]) for f in fields(cls) if schema_for(cls).fields[f.name].required}
    optional = {f.name: values_of(hints[f.name]) for f in fields(cls) if f.name not in required}
    return some.fixed_dictionaries(required, optional=optional).map(lambda values: cls(**values))


@pytest.mark.parametrize("cls", event_classes(), ids=lambda cls: cls.type)
def test_event_survives_the_wire(cls: type[Event]) -> None:
    @settings(max_examples=40)
    @given(instances_of(cls))
    def check(event: Event) -> None:
        assert from_data(cls, orjson.loads(encode(event))) == event

    check()


@given(PLAIN[datetime])
def test_instant_goes_out_in_utc(at: datetime) -> None:
    cls = next(c for c in event_classes() if c.type == "complaint.answered")
    on_the_wire = orjson.loads(encode(cls("c", 1, at)))["at"]  # type: ignore[call-arg]
    assert on_the_wire.endswith("Z")
    assert datetime.fromisoformat(on_the_wire) == at
    assert datetime.fromisoformat(on_the_wire).utcoffset() == timedelta(0)
    assert from_data(cls, orjson.loads(encode(cls("c", 1, at)))).at.tzinfo is UTC  # type: ignore[attr-defined, call-arg]
