"""Unpacking Debian packages: once, by one process at a time, and with one clear line when it cannot be done."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from ombud.local import apt
from ombud.local.errors import LocalError
from ombud.local.packages import Bundle, cache_dir, unpacked

ADVICE = "install it (apt-get install it) or give --elsewhere"


def a_bundle(*packages: str) -> Bundle:
    return Bundle("small", "bookworm", packages or ("smallest",), "the small one", ADVICE)


@pytest.fixture
def mirror(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package source of our own, with one package: apt reads it from the disk, whatever the network does."""
    folder = tmp_path_factory.mktemp("mirror")
    files, lists, etc = folder / "smallest", folder / f"dists/bookworm/main/binary-{apt.architecture()}", folder / "etc"
    for made in (files / "DEBIAN", files / "etc", lists, etc):
        made.mkdir(parents=True)
    control = "Package: smallest\nVersion: 1\nArchitecture: all\nMaintainer: Ombud\nDescription: one file\n"
    (files / "DEBIAN/control").write_text(control)
    (files / "etc/smallest").touch()
    subprocess.run(["dpkg-deb", "--build", str(files)], check=True, stdout=subprocess.DEVNULL)
    package = (folder / "smallest.deb").read_bytes()
    place = f"Filename: smallest.deb\nSize: {len(package)}\nSHA256: {hashlib.sha256(package).hexdigest()}\n"
    (lists / "Packages").write_text(control + place)
    (etc / "sources.list").write_text(f"deb [trusted=yes] file:{folder} bookworm main\n")
    (folder / "apt.conf").write_text(f'Dir::Etc "{etc}";\n')
    monkeypatch.setenv("APT_CONFIG", str(folder / "apt.conf"))


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing but what the test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def put(folder: Path, tool: str, prints: str = "", exit_code: int = 0) -> None:
    (folder / tool).write_text(f"#!/bin/sh\necho '{prints}'\nexit {exit_code}\n")
    (folder / tool).chmod(0o755)


@pytest.mark.usefixtures("mirror")
def test_two_processes_at_once_fetch_once(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from ombud.local.packages import Bundle, unpacked;"
        f"print(unpacked(Bundle('small', 'bookworm', ('smallest',), 'the small one', 'none'), Path({str(tmp_path)!r})))"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=120) for process in both]
    folder = Path(answers[0][0].strip())
    assert answers[0][0] == answers[1][0], answers
    assert (folder / "etc/smallest").exists()
    assert sum(errors.count("reading package lists") for _, errors in answers) == 1
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [folder.name], "nothing half done stays"


def test_what_is_there_is_used_without_asking_the_network(tmp_path: Path, tools: Path) -> None:
    for tool in ("apt-get", "dpkg-deb"):
        put(tools, tool, exit_code=1)
    put(tools, "dpkg", prints="amd64")
    folder = tmp_path / f"small-bookworm-amd64-{a_bundle().recipe}"
    folder.mkdir()
    (folder / ".complete").touch()
    assert unpacked(a_bundle(), tmp_path) == folder


def test_changed_recipe_is_fetched_anew() -> None:
    assert a_bundle("smallest").recipe != a_bundle("smallest", "another").recipe


@pytest.mark.usefixtures("mirror")
def test_unknown_package_names_the_advice(tmp_path: Path) -> None:
    with pytest.raises(LocalError) as refused:
        unpacked(a_bundle("no-such-package-of-ombud"), tmp_path)
    assert "could not fetch the small one" in str(refused.value)
    assert str(refused.value).endswith(ADVICE)
    assert "\n" not in str(refused.value)
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == [], "nothing half done stays"


def test_missing_tool_names_the_advice(tmp_path: Path, tools: Path) -> None:
    with pytest.raises(LocalError) as refused:
        unpacked(a_bundle(), tmp_path)
    assert str(refused.value) == f"the small one is not installed, and cannot be unpacked without apt-get: {ADVICE}"


def test_unknown_kind_of_machine_names_the_advice(tmp_path: Path, tools: Path) -> None:
    for tool in ("apt-get", "dpkg-deb"):
        put(tools, tool)
    put(tools, "dpkg", prints="m68k")
    with pytest.raises(LocalError) as refused:
        unpacked(a_bundle(), tmp_path)
    assert str(refused.value) == f"the small one is not installed, and cannot be unpacked for m68k: {ADVICE}"


def test_cache_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LocalError, match=r"cannot write to .*/file/cache .*OMBUD_CACHE_DIR"):
        unpacked(a_bundle(), tmp_path / "file" / "cache")


def test_cache_folder_is_the_one_asked_for_else_of_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMBUD_CACHE_DIR", "/somewhere/else")
    assert cache_dir() == Path("/somewhere/else")
    monkeypatch.delenv("OMBUD_CACHE_DIR")
    assert cache_dir() == Path(__file__).parents[3] / ".cache" / "ombud"
