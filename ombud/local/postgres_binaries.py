"""Finds PostgreSQL for postgres.py: the installed one, else Debian's, unpacked."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from ombud.local import apt
from ombud.local.errors import LocalError
from ombud.local.packages import MULTIARCH, Bundle, cache_dir, unpacked
from ombud.local.server_user import can_reach, server_user

_LIBRARIES = (
    "libaudit1 libcap-ng0 libcap2 libcom-err2 libffi8 libgcc-s1 libgcrypt20 libgmp10 libgnutls30 libgpg-error0"
    " libgssapi-krb5-2 libhogweed6 libicu72 libidn2-0 libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libldap-2.5-0"
    " liblz4-1 liblzma5 libnettle8 libp11-kit0 libpam0g libpq5 libsasl2-2 libssl3 libstdc++6 libsystemd0 libtasn1-6"
    " libunistring2 libxml2 libzstd1 zlib1g"
)
_BUNDLE = Bundle(
    name="postgresql",
    suite="bookworm",
    packages=("postgresql-15", *_LIBRARIES.split()),
    title="PostgreSQL 15 (Debian 12 packages, 40 MB)",
    advice="install postgresql (apt-get install postgresql) or give --database-url",
)


@dataclass(frozen=True)
class PostgresBinaries:
    """`folder` holds postgres and initdb; `env` is what they need beside that."""

    folder: Path
    env: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find_postgres() -> PostgresBinaries:
    """The newest installed one that the server's user may run, else an unpacked one."""
    return next(_installed(), None) or _in_bundle(unpacked(_BUNDLE, _cache_in_reach()))


def _installed() -> Iterator[PostgresBinaries]:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    if on_path := shutil.which("postgres"):
        folders.append(Path(on_path).resolve().parent)
    for folder in folders:
        if all(can_reach(server_user(), folder / program) for program in ("postgres", "initdb")):
            yield PostgresBinaries(folder)


def _version(folder: Path) -> float:
    return float(folder.parent.name) if re.fullmatch(r"\d+(\.\d+)?", folder.parent.name) else 0.0


def _in_bundle(root: Path) -> PostgresBinaries:
    machine = MULTIARCH[apt.architecture()]
    libraries = f"{root}/usr/lib/{machine}:{root}/lib/{machine}"
    return PostgresBinaries(root / "usr/lib/postgresql/15/bin", MappingProxyType({"LD_LIBRARY_PATH": libraries}))


def _cache_in_reach() -> Path:
    """The usual cache, or as root a place that the server's user may enter, such as not below /root."""
    usual, user = cache_dir(), server_user()
    if user is None:
        return usual
    usual.mkdir(parents=True, exist_ok=True)
    if can_reach(user, usual):
        return usual
    common = Path(f"/var/tmp/ombud-cache-{os.geteuid()}")
    common.mkdir(mode=0o755, exist_ok=True)
    if common.is_symlink() or common.stat().st_uid != os.geteuid():  # anyone may write to /var/tmp
        raise LocalError(f"{common} belongs to another user; remove it or set OMBUD_CACHE_DIR")
    return common
