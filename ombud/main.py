"""Entry point of the console script `ombud`: looks at the Python first, turns what a user can mend into one line."""

import sys
import warnings

NEEDED = (3, 11)


def main() -> None:
    if reason := wrong_python(sys.version_info[:2]):
        sys.exit(f"ombud: {reason}")
    # Known and decided, as in shared/green.py: whoever calls a command has no use for it.
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    # Not at the top: other Pythons could not even import these.
    from ombud.commands import cli
    from ombud.local.errors import LocalError
    from ombud.trouble import Trouble

    try:
        cli()
    except (Trouble, LocalError) as trouble:
        sys.exit(f"ombud: {' '.join(str(trouble).split())}")
    except PermissionError as refused:  # such as the files of a run that root started once
        sys.exit(f"ombud: {refused.filename or refused}: only another user may: be that one, or choose other files")


def wrong_python(version: tuple[int, int]) -> str | None:
    """None for the Python that Ombud is made for, else what to do."""
    if version == NEEDED:
        return None
    found, needed = ".".join(map(str, version)), ".".join(map(str, NEEDED))
    return f"this is Python {found}, Ombud needs {needed}: use python{needed}, or run `make setup`"
