"""What became of each part of a roster is told honestly, and whoever sits at a terminal is asked before."""

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ombud.doors import Doors
from ombud.roster.command import apply_unasked
from ombud.roster.form import read_file
from ombud.trouble import Trouble
from tests.harness.process import PROJECT
from tests.unit.ombud.conftest import ALL_CHECKED, ALL_STORED, Apply, trouble
from tests.unit.ombud.owners import CHECK, DROP, STORE, Owners, refusal

# -- a service that fails after all had agreed ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (DROP, "ConnectionError; applied: agents; perhaps applied: supervisors; not applied: contacts"),
        (
            (500, {"detail": "our fault"}),
            "our fault; look into its log; applied: agents; perhaps applied: supervisors; not applied: contacts",
        ),
        ((401, {}), "give another with --token; applied: agents; not applied: supervisors, contacts"),
        (
            refusal(("/supervisors/0/role", "no boss any more")),
            "escalation refuses the supervisors now; applied: agents; not applied: supervisors, contacts",
        ),
    ],
)
def test_what_is_applied_and_what_is_not_is_told(apply: Apply, owners: Owners, answer: Any, end: str) -> None:
    owners.says["supervisors", STORE] = answer
    result = apply()
    assert trouble(result).endswith(end + "; applying the file again is harmless"), result.exception
    assert result.stdout.splitlines()[-1] == "agents: applied"
    faults = (
        ["roster.yml:11: eva: /role: no boss any more"]
        if answer == refusal(("/supervisors/0/role", "no boss any more"))
        else []
    )
    assert result.stderr.splitlines() == faults
    assert [part for part, people in owners.people.items() if people] == ["agents"]
    assert ("contacts", STORE) not in owners.asked

    owners.says.clear()
    assert apply().exit_code == 0
    assert all(owners.people.values())


def test_the_first_to_fail_leaves_all_unapplied(apply: Apply, owners: Owners) -> None:
    owners.says["agents", STORE] = refusal(("/agents/0/name", "gone"))
    told = "routing refuses the agents now; not applied: agents, supervisors, contacts; "
    assert trouble(apply()) == told + "applying the file again is harmless"
    assert not any(owners.people.values())


# -- whom it asks -------------------------------------------------------------------------------------------------


def at_a_terminal(owners: Owners, file: Path, typed: str, *more: str) -> subprocess.CompletedProcess[str]:
    """The command with a terminal as its standard input, on which this was typed."""
    ours, theirs = pty.openpty()
    os.write(ours, typed.encode())
    words = [sys.executable, "-m", "ombud", "roster", "apply", str(file), "--token", "t", *owners.urls(), *more]
    env = {name: value for name, value in os.environ.items() if not name.startswith("OMBUD_")}
    try:
        return subprocess.run(
            words, stdin=theirs, env=env | {"PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, check=False
        )
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("typed", ["n\n", "\n"])
def test_whoever_sits_there_is_asked_and_may_refuse(owners: Owners, file: Path, typed: str) -> None:
    result = at_a_terminal(owners, file, typed)
    assert (result.returncode, result.stderr) == (1, "ombud: nothing was applied\n"), result
    assert "apply this? [y/N]" in result.stdout
    assert owners.asked == ALL_CHECKED


@pytest.mark.parametrize(("typed", "more"), [("y\n", ()), ("", ("--yes",))])
def test_whoever_agrees_now_or_before_has_it_applied(
    owners: Owners, file: Path, typed: str, more: tuple[str, ...]
) -> None:
    result = at_a_terminal(owners, file, typed, *more)
    assert result.returncode == 0, result
    assert ("apply this?" in result.stdout) is not bool(more)
    assert owners.asked == ALL_CHECKED + ALL_STORED


def test_nobody_is_asked_where_nothing_follows(owners: Owners, file: Path, apply: Apply) -> None:
    checked = at_a_terminal(owners, file, "", "--check")
    apply()
    again = at_a_terminal(owners, file, "")
    for result in (checked, again):
        assert (result.returncode, "apply this?" in result.stdout) == (0, False), result


def doors_of(owners: Owners) -> Doors:
    return Doors(dict(zip(("routing", "escalation", "notify"), owners.urls()[1::2], strict=True)), "t")


def test_a_start_asks_nobody(owners: Owners, file: Path) -> None:
    parts = apply_unasked(file, read_file(file), doors_of(owners))
    assert [part.title for part in parts] == ["agents", "supervisors", "contacts"]
    assert owners.asked == ALL_CHECKED + ALL_STORED


def test_a_start_stores_nothing_of_a_roster_with_a_fault(
    owners: Owners, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    owners.says["supervisors", CHECK] = refusal(("/supervisors/0/role", "no boss"))
    with pytest.raises(Trouble, match=r"roster\.yml was not applied: escalation refuses the supervisors"):
        apply_unasked(file, read_file(file), doors_of(owners))
    assert capsys.readouterr().err == "roster.yml:11: eva: /role: no boss\n"
    assert owners.asked == ALL_CHECKED
