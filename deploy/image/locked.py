"""Runs the image as the engines will: read-only, by its number, first of its own pids, with a small /tmp."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from deploy.image.recipe import Stage

TMP = "128m"  # what compose.yml and Kubernetes give
# $1: the root; $2: the folder that is the volume; $3: uid:gid; $4: the folder to begin in; then env's words.
_START = f"""
set -eu
root=$1 volume=$2 user=$3 folder=$4
shift 4
mount --bind "$root" "$root"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t tmpfs -o size={TMP},mode=1777,nosuid,nodev,noexec tmp "$root/tmp"
mount --bind "$volume" "$root$folder"
mount -o remount,bind,ro "$root"
exec /usr/sbin/chroot --userspec="$user" "$root" /usr/bin/env -i -C "$folder" "$@"
"""


class Locked:
    """One container, as far as it goes without an engine; ends with the `with`."""

    def __init__(self, image: Stage, root: Path, volume: Path):
        self._image, self._root, self._volume = image, root, volume

    def command(self, words: tuple[str, ...], settings: Mapping[str, str] | None = None) -> list[str]:
        image, given = self._image, {**self._image.env, **(settings or {})}
        uid, _, gid = image.user.partition(":")
        return [
            *("unshare", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child"),
            *("sh", "-c", _START, "sh", str(self._root), str(self._volume), f"{uid}:{gid or uid}", image.folder),
            *(f"{name}={value}" for name, value in given.items()),
            *words,
        ]

    def run(self, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """To its end, with the image's ENTRYPOINT in front of the words."""
        command = self.command((*self._image.entrypoint, *words), settings)
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)

    def shell(self, line: str) -> "subprocess.CompletedProcess[str]":
        """A line of shell instead of the ENTRYPOINT."""
        return subprocess.run(self.command(("sh", "-c", line)), capture_output=True, text=True, check=False, timeout=60)

    def start(self, log: Path, *words: str, **settings: str) -> "Running":
        command = self.command((*self._image.entrypoint, *words), settings)
        with log.open("wb") as out:
            return Running(subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT), log)


class Running:
    """A service that was started; `stop` as engines do it."""

    def __init__(self, outer: "subprocess.Popen[bytes]", log: Path):
        self._outer, self._log = outer, log
        self._began = time.monotonic()

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: Any) -> None:
        if self._outer.poll() is None:
            self._outer.kill()  # --kill-child: the rest goes with it
            self._outer.wait(30)

    @property
    def pid(self) -> int:
        """Of the process that is 1 inside."""
        children = Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children").read_text().split()
        return int(children[0])

    def seconds_until(self, is_there: Callable[[], bool], patience: float = 90.0) -> float:
        while not is_there():
            if self._outer.poll() is not None:
                raise RuntimeError(f"ended with {self._outer.returncode}: {self._log.read_text()[-2000:]}")
            if time.monotonic() > self._began + patience:
                raise TimeoutError(self._log.read_text()[-2000:])
            time.sleep(0.05)
        return time.monotonic() - self._began

    def memory(self) -> int:
        """Resident bytes, without what is shared with nobody else counted twice."""
        (line,) = (x for x in Path(f"/proc/{self.pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
        return int(line.split()[1]) * 1024

    def stop(self) -> tuple[int, float]:
        """SIGTERM to the first process; its exit code, and how long it took."""
        began = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        return self._outer.wait(60), time.monotonic() - began
