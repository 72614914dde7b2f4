"""The tests of routing that need an office once more, on PostgreSQL instead of SQLite: whichever there are."""

import inspect
from importlib import import_module
from pathlib import Path

from tests.unit.routing import builders

UNIT_TESTS = sorted(Path(builders.__file__).parent.glob("test_*.py"))

for _file in UNIT_TESTS:
    _module = import_module(f"tests.unit.routing.{_file.stem}")
    for _name, _test in vars(_module).items():
        if _name.startswith("test_") and "office" in inspect.signature(_test).parameters:
            globals()[f"{_name}__{_file.stem}"] = _test


def test_there_are_some() -> None:
    assert sum(name.endswith("__test_waiting") for name in globals()) > 10
