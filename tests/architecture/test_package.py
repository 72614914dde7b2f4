"""What is built for installation holds every file that the running services read."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import PROJECT

PACKAGES = ("services", "shared", "ombud")


def files_of(folder: Path) -> set[str]:
    found = (path for package in PACKAGES for path in (folder / package).rglob("*") if path.is_file())
    return {str(path.relative_to(folder)) for path in found if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files of the packages as setuptools would put them into a wheel; from a copy, because it leaves traces."""
    folder = tmp_path_factory.mktemp("build")
    for package in PACKAGES:
        shutil.copytree(PROJECT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", folder)
    (folder / "README.md").write_text("Ombud\n")  # the description only
    target = folder / "built"
    command = [sys.executable, "-c", "from setuptools import setup; setup()", "-q", "build", "--build-lib", str(target)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return files_of(target)


def test_everything_but_the_readmes_is_built(built: set[str]) -> None:
    wanted = {name for name in files_of(PROJECT) if not name.endswith("README.md")}
    assert sorted(wanted - built) == []


@pytest.mark.parametrize("ending", [".yml", ".html", ".txt", ".css", ".po", "versions/0001_plumbing.py"])
def test_files_that_are_no_modules_are_among_them(built: set[str], ending: str) -> None:
    assert any(name.endswith(ending) for name in built)


def test_tests_are_not_installed(built: set[str]) -> None:
    assert {name.partition("/")[0] for name in built} == set(PACKAGES)
