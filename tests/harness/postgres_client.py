"""psql, pg_dump and pg_restore for tests: the installed ones, else Debian's, unpacked beside the private server's."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from ombud.local import apt
from ombud.local.packages import MULTIARCH, Bundle, unpacked

_PROGRAMS = ("psql", "pg_dump", "pg_restore")
_BUNDLE = Bundle(
    name="postgresql-client",
    suite="bookworm",
    packages=(
        "postgresql-client-15", "libpq5", "libreadline8", "libtinfo6", "liblz4-1", "libzstd1", "zlib1g", "libssl3",
        "libgssapi-krb5-2", "libkrb5-3", "libk5crypto3", "libkrb5support0", "libkeyutils1", "libcom-err2",
        "libldap-2.5-0", "libsasl2-2", "libgnutls30", "libp11-kit0", "libidn2-0", "libunistring2", "libtasn1-6",
        "libnettle8", "libhogweed6", "libgmp10", "libffi8",
    ),
    title="the client of PostgreSQL 15 (Debian 12 packages)",
    advice="apt-get install postgresql-client",
)  # fmt: skip


@dataclass(frozen=True)
class PostgresClient:
    """`folder` has the programs; `env` is what they need beside that."""

    folder: Path
    env: Mapping[str, str]

    def environment(self, url: str) -> dict[str, str]:
        """The programs are in the PATH and find the database of the address, which no argument shows."""
        at = make_url(url)
        where = {"PGHOST": at.host, "PGPORT": str(at.port), "PGUSER": at.username, "PGDATABASE": at.database}
        named = {name: value for name, value in where.items() if value}
        password = {"PGPASSWORD": str(at.password)} if at.password else {}
        return {"PATH": f"{self.folder}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", **self.env, **named, **password}

    def run(self, url: str, *command: str) -> str:
        done = subprocess.run(
            command, env=self.environment(url), capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def find_client() -> PostgresClient:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    for folder in reversed(installed):
        if all(os.access(folder / program, os.X_OK) for program in _PROGRAMS):
            return PostgresClient(folder, {})
    if all(shutil.which(program) for program in _PROGRAMS):
        return PostgresClient(Path(shutil.which("psql") or "").parent, {})
    root, machine = unpacked(_BUNDLE), MULTIARCH[apt.architecture()]
    libraries = {"LD_LIBRARY_PATH": f"{root}/usr/lib/{machine}:{root}/lib/{machine}"}
    return PostgresClient(root / "usr/lib/postgresql/15/bin", libraries)
