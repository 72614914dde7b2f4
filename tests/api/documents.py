"""The stored API documents as the tests need them; answers closed, so that a field that is not described is seen."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shared.contracts.topology import SERVICES

PROJECT = Path(__file__).parents[2]
ASYNCAPI: dict[str, Any] = json.loads((PROJECT / "docs" / "asyncapi.json").read_text())
METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True)
class Described:
    """One operation of one service, as it stands in the document."""

    service: str
    method: str
    path: str

    @property
    def operation(self) -> dict[str, Any]:
        found: dict[str, Any] = stored(self.service)["paths"][self.path][self.method]
        return found

    @property
    def parameters(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.operation.get("parameters", [])
        return found

    @property
    def example_path(self) -> dict[str, str]:
        return {p["name"]: p["example"] for p in self.parameters if p["in"] == "path" and "example" in p}

    @property
    def example_body(self) -> tuple[str, Any] | None:
        """Media type and body."""
        content = self.operation.get("requestBody", {}).get("content", {})
        return next(((media, c["example"]) for media, c in content.items() if "example" in c), None)

    def __str__(self) -> str:
        return f"{self.service}-{self.method}-{self.path}"


@cache
def stored(service: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((PROJECT / "services" / service / "openapi.json").read_text())
    return document


def operations(*services: str) -> list[Described]:
    return [
        Described(service, method, path)
        for service in services or SERVICES
        for path, item in stored(service)["paths"].items()
        for method in item
        if method in METHODS
    ]


@cache
def with_closed_answers(service: str) -> dict[str, Any]:
    """The document, but no answer may have a field that is not described."""
    document: dict[str, Any] = json.loads(json.dumps(stored(service)))
    for name, schema in document["components"]["schemas"].items():
        if not name.endswith("Body"):
            schema.setdefault("additionalProperties", False)
    for described in operations(service):
        for answer in document["paths"][described.path][described.method]["responses"].values():
            for content in answer.get("content", {}).values():
                if "properties" in content["schema"]:
                    content["schema"]["additionalProperties"] = False
    return document


def resolved(document: dict[str, Any], pointer: str) -> Any:
    """What a reference inside of the document leads to; KeyError when it leads nowhere."""
    found: Any = document
    for part in pointer.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def references(value: Any) -> set[str]:
    """All references anywhere inside."""
    if isinstance(value, list):
        return {r for each in value for r in references(each)}
    if not isinstance(value, dict):
        return set()
    own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
    return own | {r for each in value.values() for r in references(each)}
