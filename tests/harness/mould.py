"""Imports one service and then makes copies of itself that run it: `python -m tests.harness.mould <socket> <module>`.

Started by copies.py. A copy is what `python -m <module>` is once it has imported everything: to import takes most of
the time of a start, and the tests start services many hundred times.
"""

# Before anything is green: this program waits in the kernel, never in a hub.
import ctypes
import gc
import importlib.util
import json
import os
import runpy
import signal
import socket
import sys
import time
from os import close, dup2, fork, waitpid, write

PARENT_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)
MOST_BYTES = 1 << 20
READY = b"."


def main(address: str, module: str) -> None:
    door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    door.connect(address)
    load(module)
    door.send(READY)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        asked, files, _, _ = socket.recv_fds(door, MOST_BYTES, 2)
        if not asked:  # whoever started us has gone
            return
        log, status = files
        if fork() == 0:
            door.close()
            become(module, json.loads(asked), log, status)
            return
        close(log)
        close(status)


def load(module: str) -> None:
    """As the service does it: the runner first, which patches."""
    importlib.import_module("shared.runner")
    for part in ("service", "settings"):
        if importlib.util.find_spec(f"{module}.{part}"):
            importlib.import_module(f"{module}.{part}")
    if importlib.util.find_spec(f"{module}.classify"):
        # What it reads for all rules is kept, and so are the rules of a language, which it reads at its first text.
        importlib.import_module(f"{module}.classify").Classifier.load().classify("Hello", language_hint="en")
    hub = importlib.import_module("eventlet.hubs").get_hub()
    assert not (hub.running or hub.get_timers_count() or hub.get_readers() or hub.get_writers()), "it would be copied"
    gc.collect()
    gc.freeze()


def become(module: str, env: dict[str, str], log: int, status: int) -> None:
    """In a copy: its keeper stays behind and tells how it ended; what comes back from here is the service."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    end_with_parent(signal.SIGKILL)
    if (copy := fork()) != 0:
        _, ended = waitpid(copy, 0)
        write(status, f"{os.waitstatus_to_exitcode(ended)}\n".encode())
        os._exit(0)
    end_with_parent(signal.SIGTERM)
    os.setsid()
    hubs = importlib.import_module("eventlet.hubs")
    hubs.get_hub().poll.close()  # epoll(7): a copy of it would hear of the files of the others
    hubs.use_hub()
    dup2(log, 1)
    dup2(log, 2)
    close(log)
    write(status, f"{os.getpid()}\n".encode())
    close(status)
    of_eventlet = {name: value for name, value in os.environ.items() if name.startswith("EVENTLET_")}
    os.environ.clear()
    os.environ.update(of_eventlet | env)
    time.tzset()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def end_with_parent(by: signal.Signals) -> None:
    ctypes.CDLL(None).prctl(PARENT_DEATH, int(by))


if __name__ == "__main__":
    main(*sys.argv[1:])
