"""The HTTP doors of the services and what each says about itself; used by openapi.py."""

import importlib
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass

from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

from shared.api import Operation
from shared.web import HttpDoor


class Undescribed(Exception):
    """A door and the table beside it do not fit; the text says what to write where."""


@dataclass(frozen=True)
class Door:
    """name: of the method in service.py."""

    name: str
    method: str
    path: str
    scopes: tuple[str, ...] | None
    operation: Operation

    @property
    def parameters(self) -> list[str]:
        """Names in the path, in their order."""
        return re.findall(r"{(\w+)}", self.path)


def doors_of(service: str) -> list[Door]:
    """In the order of the table, in which the examples work one after the other."""
    found = entrypoints_of(service)
    table: Mapping[str, Operation] = importlib.import_module(f"services.{service}.api").OPERATIONS
    return described(service, found, table)


def described(service: str, entrypoints: Mapping[str, HttpDoor], table: Mapping[str, Operation]) -> list[Door]:
    """Doors with their operations; raises Undescribed for a door without one, and for one without a door."""
    for name, entrypoint in entrypoints.items():
        if name not in table:
            raise Undescribed(
                f"services/{service}/service.py: {name} ({entrypoint.method} {entrypoint.url}) is not described: "
                f'add OPERATIONS["{name}"] = Operation("What it does", answer=…, example=…) to '
                f"services/{service}/api.py (shared/api.py says what an Operation holds), then: python -m apidocs"
            )
    for name in table:
        if name not in entrypoints:
            text = f'services/{service}/api.py: OPERATIONS["{name}"] is no HTTP door of service.py: remove it'
            raise Undescribed(text)
    return [_door(name, entrypoints[name], operation) for name, operation in table.items()]


def _door(name: str, entrypoint: HttpDoor, operation: Operation) -> Door:
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", entrypoint.url)
    return Door(name, entrypoint.method, path, entrypoint.scopes, operation)


def entrypoints_of(service: str) -> dict[str, HttpDoor]:
    """The doors that service.py has, described or not, by the names of their methods."""
    module = importlib.import_module(f"services.{service}.service")
    return {
        name: entrypoint
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if cls.__module__ == module.__name__
        for name, method in inspect.getmembers(cls, inspect.isfunction)
        for entrypoint in getattr(method, ENTRYPOINT_EXTENSIONS_ATTR, ())
        if isinstance(entrypoint, HttpDoor)
    }
