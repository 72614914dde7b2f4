"""docs/configuration.md names every variable that is read, for the right process and with its default; and no other."""

import importlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import click
import pytest

from ombud.commands import cli
from shared.contracts.topology import SERVICES
from tests.architecture.source import PROJECT, modules

PAGE = (PROJECT / "docs" / "configuration.md").read_text()
NAME = re.compile(r"OMBUD_[A-Z]+(?:_[A-Z]+)*")
NEEDED = object()
EVERYWHERE, COMMANDS = "Every service", "The command line"
# Set by Ombud for a program that it unpacked itself, and read by nothing else.
INTERNAL = {"OMBUD_LOADER"}


class Listener:
    """In the place of `environs.Env`: answers every question with its default, and remembers both."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        def answer(name: str, default: Any = NEEDED) -> Any:
            self.asked[f"OMBUD_{name}"] = default
            return {"LINK_KEYS": ["key"], "AMQP_URI": "amqp://127.0.0.1"}.get(name, default)

        return answer


def read_by(service: str) -> dict[str, Any]:
    """What the service asks for at start, with its default."""
    listener = Listener()
    importlib.import_module(f"services.{service}.settings").read(listener)
    return listener.asked


READ = {service: read_by(service) for service in SERVICES}


def options_of(command: click.Command, path: str = "") -> Iterator[tuple[str, str]]:
    """(variable, command) for every option that can be set by a variable."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner, name
            yield from options_of(inner, f"{path} {name}".strip())
    yield from ((str(p.envvar), path) for p in command.params if p.envvar)


def table(section: str) -> dict[str, str]:
    """The rows of a section: variable to what stands in the second column."""
    _, _, rest = PAGE.partition(f"\n## {section}\n")
    rows = re.findall(r"^\| `(OMBUD_\w+)` \| (.*?) \|", rest.partition("\n## ")[0], re.MULTILINE)
    assert rows, f"no table under {section!r}"
    assert len(dict(rows)) == len(rows), f"a row too many under {section!r}"
    return dict(rows)


COMMON = set.intersection(*(set(asked) for asked in READ.values()))


def test_what_all_services_read_is_in_the_common_table() -> None:
    assert set(table(EVERYWHERE)) == COMMON


@pytest.mark.parametrize("service", SERVICES)
def test_what_one_service_reads_is_in_its_table(service: str) -> None:
    assert set(table(service.capitalize())) == set(READ[service]) - COMMON


@pytest.mark.parametrize(("service", "variable"), [(s, v) for s in SERVICES for v in READ[s]])
def test_default_stands_beside_its_variable(service: str, variable: str) -> None:
    written, default = (
        table(EVERYWHERE if variable in COMMON else service.capitalize())[variable],
        READ[service][variable],
    )
    if default is NEEDED:
        assert written == "needed"
    elif isinstance(default, bool) or default in ("", []):
        assert written != "needed", "worked out at start, or nothing: said in words"
        assert "`" not in written or "policy.yml" in written
    else:
        assert f"`{default}`" in written


def test_options_of_the_command_line_are_in_its_table() -> None:
    wanted: dict[str, set[str]] = {}
    for variable, command in options_of(cli):
        wanted.setdefault(variable, set()).add(command)
    assert {v: set(re.findall(r"`([^`]+)`", commands)) for v, commands in table(COMMANDS).items()} == wanted


def test_no_variable_is_missing_and_none_is_invented() -> None:
    named = {
        name for module in modules("shared", "services", "ombud", "tests/harness") for name in NAME.findall(module.text)
    }
    named |= {v for asked in READ.values() for v in asked}
    named |= set(NAME.findall((PROJECT / "Makefile").read_text()))
    assert set(NAME.findall(PAGE)) == named - INTERNAL
