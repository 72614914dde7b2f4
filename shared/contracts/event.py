"""The form of every event on the bus: a frozen dataclass, and the marshmallow schema derived from it."""

import re
import types
import typing
import uuid
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from marshmallow import EXCLUDE, Schema, ValidationError, post_load
from marshmallow import fields as f

E = TypeVar("E")
C = TypeVar("C", bound=type)
OMBUD = uuid.uuid5(uuid.NAMESPACE_DNS, "ombud.events")


class InvalidEvent(ValueError):
    """The data does not fit the contract; `errors` names every fault by its path."""

    def __init__(self, errors: dict[str, Any]):
        super().__init__(f"does not fit the contract: {errors}")
        self.errors = errors


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 (low) to 3 (critical), for sorting and comparing."""
        return _RANKS[self]

    @property
    def is_severe(self) -> bool:
        return self in (Severity.HIGH, Severity.CRITICAL)


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Event:
    """Base of every event: what the class says about itself, no behaviour of its own."""

    type: ClassVar[str]
    publisher: ClassVar[str]
    # The fields that make two copies the same event; empty = each announcement is an event of its own.
    identity: ClassVar[tuple[str, ...]] = ()
    subject_field: ClassVar[str] = "complaint_id"

    @property
    def subject(self) -> str:
        return str(getattr(self, self.subject_field))

    @property
    def event_id(self) -> str:
        """The CloudEvents id: the same (uuid5) for the same cause, so that a repeated step is known; else random."""
        if not self.identity:
            return str(uuid.uuid4())
        return str(uuid.uuid5(OMBUD, ":".join([self.type, *(str(getattr(self, name)) for name in self.identity)])))


_BY_TYPE: dict[tuple[str, str], type[Event]] = {}


@typing.dataclass_transform(frozen_default=True)
def event(
    publisher: str, type_: str, *, identity: tuple[str, ...] = (), subject: str = "complaint_id"
) -> Callable[[C], C]:
    """Makes a class an event of `publisher`, published on `<publisher>.events` under its type as routing key."""

    def register(cls: C) -> C:
        made: Any = dataclass(frozen=True)(cls)
        made.type, made.publisher, made.identity, made.subject_field = type_, publisher, identity, subject
        _BY_TYPE[(publisher, type_)] = made
        return typing.cast(C, made)

    return register


def event_classes() -> list[type[Event]]:
    """Every event that exists, by publisher and type: for the topology, the documents and the tests."""
    return [_BY_TYPE[key] for key in sorted(_BY_TYPE)]


def event_class(publisher: str, type_: str) -> type[Event] | None:
    return _BY_TYPE.get((publisher, type_))


def to_text(instant: datetime | None) -> str | None:
    """RFC 3339 in UTC, e.g. `2026-11-02T08:30:00.250000Z`."""
    return None if instant is None else instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


_LEAP = re.compile(r"(\d\d:\d\d):60")


def _read(text: str) -> datetime:
    """RFC 3339 has a 61st second, and letters of either size; Python has neither."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(_LEAP.sub(r"\1:59", text.upper()))


class Instant(f.Field[datetime]):
    """An aware time; on the wire RFC 3339 in UTC. A leap second is the one before it."""

    default_error_messages = {"invalid": "not an RFC 3339 time with an offset"}

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return to_text(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        try:
            instant = _read(value)
            if instant.tzinfo is None:
                raise ValueError
            return instant.astimezone(UTC)
        except (TypeError, ValueError, OverflowError) as error:
            raise self.make_error("invalid") from error


_PLAIN: dict[Any, type[f.Field[Any]]] = {
    str: f.String,
    int: f.Integer,
    bool: f.Boolean,
    datetime: Instant,
    float: f.Float,
}


def _field_for(hint: Any, **options: Any) -> f.Field[Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        inner = next(a for a in arguments if a is not type(None))
        return _field_for(inner, **options, allow_none=True)
    if origin is tuple:
        return _Items(_field_for(arguments[0]), **options)
    if origin is dict:
        return f.Dict(keys=f.String(), values=_field_for(arguments[1]) if arguments[1] is not Any else None, **options)
    if is_dataclass(hint):
        return f.Nested(schema_for(typing.cast(type, hint)), **options)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return f.Enum(hint, by_value=f.String, **options)
    return _PLAIN[hint](**options)


class _Items(f.List[Any]):
    """A list on the wire, a tuple in the dataclass."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return tuple(super()._deserialize(value, *args, **kwargs))


def schema_for(cls: type) -> Schema:
    """The marshmallow schema of a frozen dataclass, made once."""
    made = _SCHEMAS.get(cls)
    if made is None:
        made = _SCHEMAS[cls] = _new_schema(cls)
    return made


_SCHEMAS: dict[type, Schema] = {}


def _new_schema(cls: Any) -> Schema:
    """Unknown fields are ignored, those without a default are required; metadata `wire`: a name that Python keeps."""
    hints = typing.get_type_hints(cls)
    declared = {}
    for field in fields(cls):
        required = field.default is MISSING and field.default_factory is MISSING
        declared[field.name] = _field_for(hints[field.name], required=required, data_key=field.metadata.get("wire"))

    def build(self: Schema, data: dict[str, Any], **_: Any) -> Any:
        return cls(**data)

    made = type(
        f"{cls.__name__}Schema",
        (Schema,),
        {
            **declared,
            "__doc__": cls.__doc__,
            "shape": cls,
            "build": post_load(build),
            "Meta": type("Meta", (), {"unknown": EXCLUDE}),
        },
    )
    return typing.cast(Schema, made())


def to_data(event: Event) -> dict[str, Any]:
    """The event as JSON-ready data."""
    return typing.cast(dict[str, Any], schema_for(type(event)).dump(event))


def from_data(cls: type[E], data: Any) -> E:
    """The dataclass from JSON data; raises InvalidEvent with every fault by its path."""
    try:
        return typing.cast(E, schema_for(cls).load(data))
    except ValidationError as error:
        messages = error.normalized_messages()  # type: ignore[no-untyped-call]
        raise InvalidEvent(messages) from error
