"""Whether Apprise can write to an address, and may; asked by contact_fields.py, and by whoever sends through it."""

import logging
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

# What they reach is this machine: its screen, its log, its ports.
_LOCAL = frozenset({"blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"})
# Options that name files for the library to read, or addresses for it to read them from.
_FILES = frozenset({"keyfile", "pgp", "pgpprv", "pgppub", "subfile", "template"})
LONGEST = 2000


def scheme_of(url: str) -> str:
    return url.partition("://")[0].lower()


def fault_of(url: str) -> str | None:
    """Why it cannot be used, without repeating it: such an address is a secret. None = it can."""
    if len(url) > LONGEST or not url.isprintable() or " " in url or "://" not in url:
        return "not an address as Apprise writes them, such as ntfys://ntfy.example.org/topic"
    if scheme_of(url) in _LOCAL:
        return "reaches only the machine that Ombud runs on"
    if files := sorted(_FILES & {name.lower().lstrip("+-:") for name, _ in parse_qsl(url.partition("?")[2])}):
        return f"has the option {files[0]}, by which a file would be read"
    # suppress_exceptions: what a plugin raises for a part that it cannot use is any kind of error.
    if _library().Apprise.instantiate(url, suppress_exceptions=True) is None:
        return "Apprise does not know it, or lacks a part of it"
    return None


@cache
def _library() -> Any:
    # Takes most of a second, and most installations never need it.
    import apprise

    # It would log the addresses that it cannot read.
    logging.getLogger("apprise").disabled = True
    return apprise
