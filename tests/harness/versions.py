"""Ombud as it was and as it may become, side by side: source trees for services that are started from them."""

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

from ombud.migrate.command import migrations_of
from shared.contracts.topology import SERVICES
from shared.schema_check import heads
from tests.harness.process import PROJECT

# The version before, from which a rolling upgrade must lose nothing: whoever releases a version writes its commit here.
PREVIOUS = "1598ec7f9f6e8ddde93587c6a360f1633949d824"
PACKAGES = ("shared", "services", "ombud")
_MIGRATION = """\
import sqlalchemy as sa
from alembic import op

revision = "{next}"
down_revision = "{head}"


def upgrade() -> None:
    op.add_column("{table}", sa.Column("of_the_next_version", sa.Integer))
    op.create_table("of_the_next_version", sa.Column("id", sa.Integer, primary_key=True))
"""
_TABLES = {"intake": "complaints", "routing": "assignments", "escalation": "cases", "notify": "alerts"}


def previous_version(folder: Path) -> Path:
    """The tree of the version before; a copy of the project without its history has only its own, and says so."""
    folder.mkdir()
    made = subprocess.run(["git", "-C", PROJECT, "archive", PREVIOUS, *PACKAGES], capture_output=True, check=False)
    if made.returncode == 0:
        subprocess.run(["tar", "-x", "-C", folder], input=made.stdout, check=True)
        return folder
    warnings.warn(f"no commit {PREVIOUS} here: upgraded from the present version instead", stacklevel=2)
    return _copied(folder)


def next_version(folder: Path) -> Path:
    """The present tree, with one migration more in each service: so the schema is always ahead of what runs."""
    _copied(folder)
    for service in SERVICES:
        (head,) = heads(migrations_of(service))
        name, _, number = head.rpartition("_")
        next_ = f"{name}_{int(number) + 1:04}"
        text = _MIGRATION.format(next=next_, head=head, table=_TABLES[service])
        versions = folder / "services" / service / "migrations" / "versions"
        (versions / f"{next_}.py").write_text(text)
    return folder


def run(version: Path, *command: str) -> str:
    """The output of `ombud …` of that version."""
    env = os.environ | {"PYTHONPATH": str(version)}
    argv = [sys.executable, "-m", "ombud", *command]
    done = subprocess.run(argv, cwd="/", env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _copied(folder: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(
            PROJECT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True
        )
    return folder
