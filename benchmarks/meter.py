"""CPU seconds and peak memory of processes with all their children, from the kernel's own books; used by trial.py."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Reading:
    """CPU seconds (user and system) so far, by name."""

    cpu: Mapping[str, float]

    def since(self, before: "Reading") -> dict[str, float]:
        return {name: seconds - before.cpu[name] for name, seconds in self.cpu.items()}


def read(roots: Mapping[str, int]) -> Reading:
    """roots: by name, the pid at the top of a tree of processes."""
    return Reading({name: cpu_seconds(pid) for name, pid in roots.items()})


def cpu_seconds(pid: int) -> float:
    """Of the living processes of the tree, and of the dead children of its root (PostgreSQL's closed connections)."""
    root = psutil.Process(pid)
    times = root.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for child in root.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            own = child.cpu_times()
            total += own.user + own.system
    return float(total)


def peak_megabytes(pid: int) -> float:
    """The most memory that the process had resident since its start or since `forget_peak` (VmHWM in proc(5))."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def forget_peak(pid: int) -> None:
    """So that what a start takes for a moment is told apart from what the work takes (clear_refs in proc(5))."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
