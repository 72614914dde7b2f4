"""Whom a server runs as when we are root and it refuses to be; for postgres.py."""

import os
import pwd
import subprocess
from pathlib import Path

from ombud.local.errors import LocalError

_UNPRIVILEGED = "nobody"


def server_user() -> str | None:
    """None for ourselves; as root a user without rights, since PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_UNPRIVILEGED).pw_name
    except KeyError:
        raise LocalError(f"PostgreSQL refuses to run as root, and there is no user {_UNPRIVILEGED}") from None


def can_reach(user: str | None, path: Path) -> bool:
    """Whether `user` may enter the folder or run the program at `path`; asked of the kernel, not guessed from modes."""
    if user is None:
        return os.access(path, os.X_OK)
    group = pwd.getpwnam(user).pw_gid
    asked = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$0"', str(path)], user=user, group=group, extra_groups=[], cwd="/", check=False
    )
    return asked.returncode == 0


def give_to(user: str | None, path: Path) -> None:
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)
