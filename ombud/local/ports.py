"""Which loopback ports are free: asked by the private servers before they start, and by tests for a place to start."""

import random
import socket
from collections.abc import Iterable

from ombud.local.errors import LocalError

# Below the range that the kernel gives to outgoing connections (32768 and up): a port found free here stays free.
_FIRST, _LAST = 20000, 32000
_SLICE, _MOST = 200, 5  # ports that a process claims at once, and how often before it begins again with its own
# Of a broker that the machine itself may run, at any time: AMQP, TLS, distribution, epmd, management, metrics.
OF_A_BROKER = frozenset({4369, 5671, 5672, 15672, 15692, 25672})
_claims: dict[str, socket.socket] = {}
_slices: list[range] = []
_left = range(0)


def claim(name: str) -> bool:
    """Whether the name is now this process's own among all of the machine, until it ends, however it ends.

    By a socket in Linux's abstract namespace: no file stays behind, and users need no folder in common.
    """
    claimed = socket.socket(socket.AF_UNIX)
    try:
        claimed.bind(f"\0ombud-{name}")
    except OSError:
        claimed.close()
        return False
    _claims[name] = claimed
    return True


def is_port_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def is_port_open(port: int) -> bool:
    """Whether something listens there now."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """Consecutive free ports, of those that no other process of the machine gives out.

    Onwards through all that are its own, so that none is given out twice before it is used.
    """
    global _left
    for _ in range(2 * (_MOST + 1)):
        if block := first_free(_left, count):
            _left = range(block[-1] + 1, _left.stop)
            return block
        _left = _next_slice()
    raise LocalError(f"found no {count} free ports in a row between {_FIRST} and {_LAST}")


def first_free(ports: range, count: int) -> list[int]:
    """The first so many of these that are free and in a row; none where there are not so many."""
    while len(ports) >= count:
        block = list(ports[:count])
        taken = [port for port in block if port in OF_A_BROKER or not is_port_free(port)]
        if not taken:
            return block
        ports = range(taken[-1] + 1, ports.stop)
    return []


def _next_slice() -> range:
    """A further one while there are any and it has few, else the one that it has not used for longest."""
    if len(_slices) < _MOST:
        wanted = list(range(_FIRST, _LAST, _SLICE))
        random.shuffle(wanted)  # a range that a process just gave back may still have servers that end
        if first := next((first for first in wanted if claim(f"ports-{first}")), None):
            _slices.append(range(first, first + _SLICE))
            return _slices[-1]
    if not _slices:
        raise LocalError(f"other programs have claimed all ports between {_FIRST} and {_LAST}")
    _slices.append(_slices.pop(0))
    return _slices[-1]


def require_free(ports: Iterable[int], server: str) -> None:
    taken = [str(port) for port in ports if not is_port_free(port)]
    if taken:
        raise LocalError(f"{server} needs port {', '.join(taken)}, which another program uses; choose another")
