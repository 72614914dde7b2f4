"""Why a service of `ombud run` did not start: every mistake in its settings, else the last thing that it said."""

import os
from pathlib import Path

import pytest

from ombud.local.processes import Child
from ombud.run.stack import refusal


def ended(tmp_path: Path, script: str) -> Child:
    (tmp_path / "log").write_text("IntakeService: a mistake of yesterday\n")
    child = Child("intake", ["/bin/sh", "-c", script], dict(os.environ), tmp_path / "log")
    child.start()
    child.wait()
    return child


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("""echo '{"event": "read"}'; echo Intake: a: wrong; echo b: wrong; exit 2""", "Intake: a: wrong; b: wrong"),
        ("echo Traceback; echo '  File'; echo KeyError: x; exit 1", "KeyError: x"),
        ("exit 1", "exit code 1"),
    ],
    ids=["two mistakes", "a crash", "nothing"],
)
def test_why_it_did_not_start(tmp_path: Path, script: str, said: str) -> None:
    assert refusal(ended(tmp_path, script)) == said
