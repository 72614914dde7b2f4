"""Whether Apprise can write to an address, and may; asked by people/, and by whoever sends through it."""

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any

# What they reach is this machine: its screen, its log, its ports.
_LOCAL = frozenset({"blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"})
# Options that name files for the library to read, or addresses for it to read them from.
_FILES = frozenset({"keyfile", "pgp", "pgpprv", "pgppub", "subfile", "template"})
LONGEST = 2000
UNKNOWN = "Apprise does not know it, or lacks a part of it"
# What its many readers raise for an address that they did not expect.
_ASTRAY = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def scheme_of(url: str) -> str:
    return url.partition("://")[0].lower()


def fault_of(url: str) -> str | None:
    """Why it cannot be used, without repeating it: such an address is a secret. None = it can."""
    if len(url) > LONGEST or not url.isprintable() or " " in url or "://" not in url:
        return "not an address as Apprise writes them, such as ntfys://ntfy.example.org/topic"
    if scheme_of(url) in _LOCAL:
        return "reaches only the machine that Ombud runs on"
    try:
        return _fault_of_parts(url)
    except _ASTRAY:
        return UNKNOWN


def _fault_of_parts(url: str) -> str | None:
    # Read by the library itself: it finds options where others see none.
    parts: Mapping[str, Any] = library().plugins.url_to_dict(url) or {}
    if files := sorted(_FILES & {*parts, *parts.get("qsd", ())}):
        return f"has the option {files[0]}, by which a file would be read"
    # suppress_exceptions: what a plugin raises for a part that it cannot use is any kind of error.
    made = library().Apprise.instantiate(url, suppress_exceptions=True)
    return UNKNOWN if made is None else None


@cache
def library() -> Any:
    """Apprise, which does not log: it would log the addresses that it cannot read."""
    # Takes most of a second, and most installations never need it.
    import apprise
    import apprise.plugins

    logging.getLogger("apprise").disabled = True
    return apprise
