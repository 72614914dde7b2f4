"""The OpenAPI document of one service, from its HTTP doors and the table beside them; called by `__main__.py`."""

from importlib.metadata import version
from typing import Any

from apidocs.doors import Door, doors_of
from apidocs.shapes import Shapes
from shared.api import Parameters

PROBLEM: dict[str, Any] = {
    "description": "RFC 9457; errors names each fault of a body or a query by its JSON pointer.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
ANSWERS = {
    200: "Done",
    202: "Accepted: it is on disk",
    303: "Done: go to Location",
    404: "No such page",
    409: "Not done: the page says why",
    410: "The link has expired",
    422: "Not done: the page says what is wrong beside each field",
}
PROBLEMS = {
    400: "Not to be read as what it should be",
    401: "No token, or one that nobody knows",
    403: "The token lacks the scope",
    404: "Not there",
    409: "Does not fit how things stand",
    413: "The body is too large",
    415: "The body is packed (Content-Encoding): send it as it is",
    422: "The body, the path or the query does not fit; errors says where",
    429: "Too much at once; Retry-After says when to come again",
    500: "Our fault",
    503: "Something that this needs is away; Retry-After says when to come again",
}
ALWAYS = (400, 413, 415, 500, 503)
_NAMES = {"intake": "takes complaints in", "routing": "gives each to an agent"}
_NAMES |= {"escalation": "moves cases up the ladder", "notify": "alerts people"}


def openapi(service: str) -> dict[str, Any]:
    """The document, ready for JSON."""
    shapes = Shapes(complete=True)
    content = {"application/problem+json": {"schema": shapes.add("Problem", PROBLEM)}}
    paths: dict[str, Any] = {}
    for door in doors_of(service):
        paths.setdefault(door.path, {})[door.method.lower()] = _operation(door, shapes)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Ombud {service}", "version": version("ombud"), "summary": f"Ombud: {_NAMES[service]}."},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": shapes.all,
            "responses": {f"Problem{s}": {"description": text, "content": content} for s, text in PROBLEMS.items()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(door: Door, shapes: Shapes) -> dict[str, Any]:
    operation = door.operation
    made: dict[str, Any] = {
        "operationId": door.name,
        "summary": operation.summary,
        # For a bearer token OpenAPI calls roles what Ombud calls scopes; any one of them is enough.
        "security": [{"token": [scope]} for scope in door.scopes or ()],
        "parameters": [
            *(_path_parameter(door, name, shapes) for name in door.parameters),
            *_parameters("query", operation.query, shapes),
            *_parameters("header", operation.headers, shapes),
        ],
        "responses": _responses(door, shapes),
    }
    if operation.bodies:
        content = {media: {"schema": shapes.of(shape)} for media, shape in operation.bodies.items()}
        if operation.example is not None:
            next(iter(content.values()))["example"] = operation.example
        made["requestBody"] = {"required": operation.needs_body, "content": content}
    return {key: value for key, value in made.items() if value != []} | {"security": made["security"]}


def _path_parameter(door: Door, name: str, shapes: Shapes) -> dict[str, Any]:
    field = door.operation.path.get(name)
    schema = shapes.of_field(field) if field else {"type": "string", "minLength": 1}
    made = {"name": name, "in": "path", "required": True, "schema": schema}
    example = door.operation.example_path.get(name)
    return made | {"example": example} if example else made


def _parameters(place: str, fields: Parameters, shapes: Shapes) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": place, "required": field.required, "schema": shapes.of_field(field)}
        for name, field in fields.items()
    ]


def _responses(door: Door, shapes: Shapes) -> dict[str, Any]:
    operation = door.operation
    forms = {operation.answers: operation.answer, **operation.other_answers}
    answer = {media: {"schema": shapes.of(shape)} for media, shape in forms.items()}
    responses: dict[int, Any] = {
        status: {"description": ANSWERS[status], "content": answer} for status in (operation.status, *operation.pages)
    }
    if operation.answer_headers:
        responses[operation.status]["headers"] = {
            name: {"required": True, "schema": {"type": "string"}} for name in operation.answer_headers
        }
    for status in _problems(door):
        responses[status] = {"$ref": f"#/components/responses/Problem{status}"}
    return {str(status): responses[status] for status in sorted(responses)}


def _problems(door: Door) -> set[int]:
    """Those that follow from scope, body and path, and those that the operation names."""
    found = {*ALWAYS, *door.operation.problems}
    if door.scopes is not None:
        found |= {401, 403}
    if door.operation.bodies:
        found |= {422}
    return found - set(door.operation.pages)
