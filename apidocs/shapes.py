"""Shapes of bodies, answers and events as JSON Schemas under `#/components/schemas`; used by openapi.py, asyncapi.py.

marshmallow schemas are converted by apispec. Dataclasses become marshmallow schemas first, as the events do.
"""

import inspect
from dataclasses import is_dataclass
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, validate
from marshmallow.fields import Field

from shared.api import Shape
from shared.contracts.event import Instant, schema_for


class Shapes:
    """Collects every shape that is referred to. complete: of dataclasses all fields are always there (answers)."""

    def __init__(self, *, complete: bool):
        plugin: Any = _Plugin(schema_name_resolver=_name)  # half of apispec has no types
        self._spec = APISpec("", "", "3.1.0", plugins=[plugin])
        self._converter = plugin.converter
        self._converter.complete = complete
        plugin.map_to_openapi_type(Instant, "string", "date-time")
        self._converter.add_attribute_function(_pattern)

    def of(self, shape: Shape) -> dict[str, Any]:
        """A reference to the shape, or for a JSON Schema itself, with the shapes in it as references."""
        if isinstance(shape, dict):
            return {key: self._inside(value) for key, value in shape.items()}
        schema = schema_for(shape) if isinstance(shape, type) and is_dataclass(shape) else shape
        reference: dict[str, Any] = self._converter.resolve_nested_schema(schema)
        return reference

    def add(self, name: str, schema: dict[str, Any]) -> dict[str, Any]:
        """A JSON Schema under a name, as a reference."""
        self._spec.components.schema(name, self.of(schema))
        return {"$ref": f"#/components/schemas/{name}"}

    def of_field(self, field: Field[Any]) -> dict[str, Any]:
        described: dict[str, Any] = self._converter.field2property(field)
        return described

    @property
    def all(self) -> dict[str, Any]:
        found: dict[str, Any] = self._spec.to_dict()["components"].get("schemas", {})
        return dict(sorted(found.items()))

    def _inside(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._inside(each) for each in value]
        is_shape = isinstance(value, dict | Schema) or (isinstance(value, type) and is_dataclass(value))
        return self.of(value) if is_shape else value


class _Converter(OpenAPIConverter):
    complete = True

    def schema2jsonschema(self, schema: Schema) -> dict[str, Any]:
        made: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        if self.complete and hasattr(schema, "shape"):
            made["required"] = sorted(made["properties"])
        text = _text(schema)
        return {"description": text} | made if text else made


class _Plugin(MarshmallowPlugin):
    Converter = _Converter


def _name(schema: Any) -> str:
    """A dataclass keeps its name; what is taken in is called a body, so that both can be there."""
    of = getattr(schema, "shape", None)
    if of:
        return str(of.__name__)
    cls = schema if isinstance(schema, type) else type(schema)
    return cls.__name__.removesuffix("Schema").removesuffix("Body") + "Body"


def _text(schema: Schema) -> str:
    """What the class says about itself, unless dataclasses made it up or it is inherited."""
    of = getattr(schema, "shape", type(schema))
    text = of.__dict__.get("__doc__") or ""
    return "" if text.startswith(f"{of.__name__}(") else " ".join(inspect.cleandoc(text).split())


def _pattern(_converter: Any, field: Field[Any], **_: Any) -> dict[str, Any]:
    """Patterns as ECMAScript writes them: `$` for Python's `\\Z`, and `^`, because `match` begins at the start."""
    found = next((str(v.regex.pattern) for v in field.validators if isinstance(v, validate.Regexp)), None)
    if found is None:
        return {}
    inner = found.removeprefix("^").removesuffix("\\Z").removesuffix("$")
    return {"pattern": f"^(?:{inner})" + ("$" if found.endswith(("$", "\\Z")) else "")}
