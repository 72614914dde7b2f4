"""Named places where a fault test breaks the process; without `OMBUD_FAILPOINTS` each is one look into an empty dict.

The form is `name=kill@N` or `name=raise@N`, comma separated: the N-th time that the name is reached the process dies
as by kill -9, or an error is raised that nobody expects.
"""

import os
import signal

_armed: dict[str, tuple[str, int]] = {}


def arm(spec: str) -> None:
    """Called once by the runner with the setting's text; raises ValueError when it cannot be read."""
    for part in filter(None, spec.split(",")):
        name, _, action = part.partition("=")
        verb, _, count = action.partition("@")
        if verb not in ("kill", "raise"):
            raise ValueError(f"OMBUD_FAILPOINTS: {part!r} is not of the form name=kill@N")
        _armed[name] = verb, int(count or 1)


def reach(name: str) -> None:
    if name not in _armed:
        return
    verb, left = _armed[name]
    _armed[name] = verb, left - 1
    if left > 1:
        return
    if verb == "raise":
        raise RuntimeError(f"failpoint {name}")
    os.kill(os.getpid(), signal.SIGKILL)
