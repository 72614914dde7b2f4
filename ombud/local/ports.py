"""Which loopback ports are free: asked by the private servers before they start, and by tests for a place to start."""

import random
import socket
from collections.abc import Iterable

from ombud.local.errors import LocalError

# Below the range that the kernel gives to outgoing connections (32768 and up): a port found free here stays free.
_FIRST, _LAST = 20000, 32000
# Of a broker that the machine itself may run, at any time: AMQP, TLS, distribution, epmd, management, metrics.
OF_A_BROKER = frozenset({4369, 5671, 5672, 15672, 15692, 25672})
_range = (_FIRST, _LAST)
_next = random.randrange(_FIRST, _LAST)  # at a random place, so that two test runs at once seldom meet


def use_part(number: int, parts: int) -> None:
    """Keeps `free_ports` to one of so many equal parts of its range: for test runs beside each other."""
    global _range, _next
    size = (_LAST - _FIRST) // parts
    _range = (_FIRST + number * size, _FIRST + (number + 1) * size)
    _next = random.randrange(*_range)


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
    """Consecutive free ports; onwards through the range, so that none is given out twice before it is used."""
    global _next
    for _ in range(_range[0], _range[1]):
        first = _next if _next + count <= _range[1] else _range[0]
        block = list(range(first, first + count))
        taken = [port for port in block if port in OF_A_BROKER or not is_port_free(port)]
        _next = taken[-1] + 1 if taken else first + count
        if not taken:
            return block
    raise LocalError(f"found no {count} free ports in a row between {_range[0]} and {_range[1]}")


def require_free(ports: Iterable[int], server: str) -> None:
    taken = [str(port) for port in ports if not is_port_free(port)]
    if taken:
        raise LocalError(f"{server} needs port {', '.join(taken)}, which another program uses; choose another")
