"""Keeps unpacked Debian packages in a cache folder, for a broker or a database where none is installed."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ombud.local import apt
from ombud.local.errors import LocalError
from ombud.local.progress import shown

MULTIARCH = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
LOADER = {"amd64": "ld-linux-x86-64.so.2", "arm64": "ld-linux-aarch64.so.1"}


def _nothing(root: Path) -> None:
    """For packages that run from anywhere as they are."""


@dataclass(frozen=True)
class Bundle:
    """Packages of one Debian suite, unpacked together into `<cache>/<name>-<suite>-<architecture>-<recipe>`.

    `title` is for people; `advice` says what to do when they cannot be had. `prepare` changes the unpacked files so
    that they run from anywhere; raise `revision` when it changes.
    """

    name: str
    suite: str
    packages: tuple[str, ...]
    title: str
    advice: str
    prepare: Callable[[Path], None] = _nothing
    revision: int = 1

    @property
    def recipe(self) -> str:
        return hashlib.sha256(repr((self.suite, self.packages, self.revision)).encode()).hexdigest()[:8]


def cache_dir() -> Path:
    """OMBUD_CACHE_DIR, else .cache/ombud of the checkout that this file is in, else ~/.cache/ombud."""
    if chosen := os.environ.get("OMBUD_CACHE_DIR"):
        return Path(chosen).expanduser().absolute()
    checkouts = (folder for folder in Path(__file__).resolve().parents if (folder / "pyproject.toml").exists())
    return next(checkouts, Path.home()) / ".cache" / "ombud"


def unpacked(bundle: Bundle, cache: Path | None = None) -> Path:
    """The folder with the bundle's files; fetched at the first call, at once after that."""
    cache = cache or cache_dir()
    if (tool := apt.missing_tool()) is not None:
        raise LocalError(f"{bundle.title} is not installed, and cannot be unpacked without {tool}: {bundle.advice}")
    if (machine := apt.architecture()) not in MULTIARCH:
        raise LocalError(f"{bundle.title} is not installed, and cannot be unpacked for {machine}: {bundle.advice}")
    # The recipe is in the name: a changed one never pulls the files from under a server that runs.
    folder = cache / f"{bundle.name}-{bundle.suite}-{machine}-{bundle.recipe}"
    if _is_complete(folder):
        return folder
    with _alone(cache, folder.name, bundle):
        if not _is_complete(folder):  # another start may have done it while we waited
            _fill(folder, bundle)
    return folder


def _is_complete(folder: Path) -> bool:
    return (folder / ".complete").is_file()


@contextmanager
def _alone(cache: Path, name: str, bundle: Bundle) -> Iterator[None]:
    """One process at a time fills a folder; the lock goes with the process, however it ends."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        lock = (cache / f".{name}.lock").open("w")
    except OSError as refused:
        raise LocalError(
            f"cannot write to {cache} ({refused.strerror}): set OMBUD_CACHE_DIR, or {bundle.advice}"
        ) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fill(folder: Path, bundle: Bundle) -> None:
    """Unpack beside the folder and rename, so that a half-filled one is never seen."""
    for stale in folder.parent.glob(f".{folder.name}.*/"):  # of a start that was killed
        shutil.rmtree(stale, ignore_errors=True)
    building = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    building.chmod(0o755)
    try:
        with shown(f"{bundle.title}, once, into {folder.parent}") as report:
            apt.fetch_and_unpack(bundle.packages, bundle.suite, building, report)
        bundle.prepare(building)
        (building / ".complete").touch()
        shutil.rmtree(folder, ignore_errors=True)  # one that somebody took files from
        building.rename(folder)
    except apt.AptFailure as failure:
        raise LocalError(f"could not fetch {bundle.title} ({failure}): {bundle.advice}") from None
    finally:
        shutil.rmtree(building, ignore_errors=True)
