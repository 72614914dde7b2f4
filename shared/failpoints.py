"""Named places where a fault test kills the process; without `OMBUD_FAILPOINTS` each is one look into an empty dict.

The form is `name=kill@N`, comma separated: the N-th time that the name is reached the process dies as by kill -9.
"""

import os
import signal

_armed: dict[str, int] = {}


def arm(spec: str) -> None:
    """Called once by the runner with the setting's text; raises ValueError when it cannot be read."""
    for part in filter(None, spec.split(",")):
        name, _, action = part.partition("=")
        verb, _, count = action.partition("@")
        if verb != "kill":
            raise ValueError(f"OMBUD_FAILPOINTS: {part!r} is not of the form name=kill@N")
        _armed[name] = int(count or 1)


def reach(name: str) -> None:
    if name not in _armed:
        return
    _armed[name] -= 1
    if _armed[name] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
