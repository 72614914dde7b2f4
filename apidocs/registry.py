"""Prints what one service exposes before anything has happened: `python -m apidocs.registry intake`.

A process of its own for each service, run by metrics.py: registries are global, and a service patches on import. Its
entrypoints are set up as for a start, with settings of which only what it cannot do without is filled in.
"""

from shared import runner  # isort: skip  (first: it patches)

import importlib
import inspect
import sys
from typing import Any

from nameko.containers import ServiceContainer
from prometheus_client import generate_latest

from shared.database import Database
from shared.outbox import Relay
from shared.tokens import TokenBook


def exposed(service: str) -> bytes:
    """The page of `/metrics`; connects to nothing."""
    module: Any = importlib.import_module(f"services.{service}.service")
    settings = importlib.import_module(f"services.{service}.settings").read()
    db = Database(settings.common.database_url, service)
    config = {
        **module.make(settings),
        "settings": settings,
        "database": db,
        "relay": Relay(db, settings.common.amqp_uri, settings.common.declares_topology),
        "declares_topology": settings.common.declares_topology,
        "tokens": TokenBook.parse("", ""),
        "WEB_SERVER_ADDRESS": "127.0.0.1:1",
        "max_workers": 1,
    }
    container = ServiceContainer(_service_class(module), config)  # named: its extensions do not keep it alive
    container.extensions.all.setup()
    runner.tell_build(service)
    page: bytes = generate_latest()
    return page


def _service_class(module: Any) -> type:
    classes = inspect.getmembers(module, inspect.isclass)
    (found,) = (cls for _, cls in classes if cls.__module__ == module.__name__ and hasattr(cls, "name"))
    return found


if __name__ == "__main__":
    sys.stdout.buffer.write(exposed(sys.argv[1]))
