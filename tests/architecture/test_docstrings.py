"""The docstring of a module says who calls it: the files that it names are there, and import it."""

import re
from pathlib import PurePath

from tests.architecture.source import Module, modules

MODULES = modules("services", "shared", "ombud", "apidocs", "deploy", "benchmarks")
FILE = re.compile(r"(?<![\w/<>*])[\w/]*\w\.py\b")
CALLERS = re.compile(r"(?:[Cc]alled|[Uu]sed) by ((?:[\w/]+\.py(?:, | and |))+)")


def meant(module: Module, name: str) -> list[Module]:
    """The files of that name beside the module, else near it, else anywhere."""
    named = [one for one in MODULES if f"/{one.place}".endswith(f"/{name}")]
    around = [str(folder) for folder in PurePath(module.place).parents]
    return next((found for at in around if (found := [n for n in named if within(n, at, name)])), named)


def within(named: Module, folder: str, name: str) -> bool:
    return named.place == (name if folder == "." else f"{folder}/{name}")


def imports(caller: Module, module: Module) -> bool:
    wanted = module.place.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return any(name == wanted or name.startswith(f"{wanted}.") for name in caller.imported.values())


def test_files_that_a_docstring_names_are_there() -> None:
    named = [(one, name) for one in MODULES for name in FILE.findall(one.docstring)]
    assert len(named) > 200
    assert [(one.place, name) for one, name in named if not meant(one, name)] == []


def test_files_that_call_a_module_by_its_docstring_import_it() -> None:
    told = [(one, name) for one in MODULES for names in CALLERS.findall(one.docstring) for name in FILE.findall(names)]
    assert len(told) > 100
    assert [(one.place, by) for one, by in told if not any(imports(near, one) for near in meant(one, by))] == []
