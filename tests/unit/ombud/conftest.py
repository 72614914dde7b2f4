"""A roster, the three services that own its parts, and the command that is under test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ombud.commands import cli
from tests.unit.ombud.owners import CHECK, KEYS, STORE, Owners

ROSTER = """
agents:
  - id: jana
    name: Jana
    regions:
      - CZ
      - SK
    shifts: [{from: 08:00, to: 17:30}]
  - {id: petr, name: Petr}
supervisors:
  - {id: eva, name: Eva, role: manager, regions: ["*"]}
contacts:
  - person: eva
    name: Eva
    email: eva@shop.example
"""
ALL_CHECKED = [(part, CHECK) for part in KEYS]
ALL_STORED = [(part, STORE) for part in KEYS]
Apply = Callable[..., Result]


@pytest.fixture
def owners() -> Iterator[Owners]:
    made = Owners()
    yield made
    made.stop()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("roster.yml").write_text(ROSTER, encoding="utf-8")
    return Path("roster.yml")


@pytest.fixture
def apply(owners: Owners, file: Path) -> Apply:
    def apply(*more: str) -> Result:
        words = ["roster", "apply", str(file), "--token", "t", *owners.urls(), *more]
        return CliRunner().invoke(cli, words)

    return apply


def trouble(result: Result) -> str:
    """What main.py prints as the last line."""
    assert result.exit_code == 1, result.output
    return str(result.exception)
