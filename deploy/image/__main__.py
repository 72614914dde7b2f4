"""Builds the image in a folder and runs its services, read-only: `python -m deploy.image`, as root; leaves nothing."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from deploy.image.base import base_image
from deploy.image.build import CONTEXT, build
from deploy.image.locked import Locked
from deploy.image.recipe import Stage, read
from ombud.local.broker import PrivateBroker
from ombud.local.ports import free_ports
from shared.contracts.topology import SERVICES

DOCKERFILE = Path(__file__).parents[1] / "Dockerfile"


def main() -> None:
    if os.geteuid() != 0:
        sys.exit("image-try: needs root, for chroot and mounts")
    with tempfile.TemporaryDirectory(prefix="ombud-image-") as folder:
        image, root = _built(Path(folder))
        volume = Path(folder) / "volume"
        volume.mkdir(mode=0o700)
        uid, gid = (int(number) for number in image.user.split(":"))
        os.chown(volume, uid, gid)
        container = Locked(image, root, volume)
        _expect(not (missing := _missing(root)), f"all files of the packages are in it {' '.join(missing[:5])}")
        _look(container)
        with _broker(Path(folder) / "broker") as amqp_uri:
            for service in SERVICES:
                _serve(container, service, {"OMBUD_AMQP_URI": amqp_uri, "OMBUD_LINK_KEYS": "k" * 40}, Path(folder))
    print("image-try: all went well")


def _built(folder: Path) -> tuple[Stage, Path]:
    base, built, roots = base_image(), dict[str, Path](), list[Path]()
    stages = read(DOCKERFILE)
    for number, stage in enumerate(stages):
        root = folder / f"stage-{number}"
        build(stage, root, base, built)
        built[stage.name or str(number)] = root
        roots.append(root)
    added, below = _megabytes(roots[-1]) - _megabytes(base), _megabytes(base)
    print(f"built: {added:.0f} MB on a base of {below:.0f} MB ({len(stages)} stages)")
    for earlier in roots[:-1]:
        shutil.rmtree(earlier)
    return stages[-1], roots[-1]


def _missing(root: Path) -> list[str]:
    """What lies in the packages of the checkout, and not in the image."""
    (installed,) = root.glob("opt/ombud/lib/python3*/site-packages")
    here = (path for name in ("ombud", "services", "shared") for path in (CONTEXT / name).rglob("*") if path.is_file())
    names = (path.relative_to(CONTEXT) for path in here if path.suffix not in {".pyc", ".md"})
    return sorted(str(name) for name in names if not (installed / name).is_file())


def _look(container: Locked) -> None:
    """What the image promises of itself, asked from inside."""
    _expect(container.run("--version").stdout.startswith("ombud"), "`ombud --version` answers")
    _expect(container.shell("test $(id -u) = 10001").returncode == 0, "it runs as 10001")
    _expect(container.shell("touch /opt/ombud/x").returncode != 0, "what is installed cannot be written")
    _expect(container.shell("touch /etc/x || touch /usr/x").returncode != 0, "the root cannot be written")
    _expect(container.shell("touch /tmp/x /var/lib/ombud/x").returncode == 0, "/tmp and the volume can be")
    _expect(container.shell("command -v gcc cc make pip").returncode != 0, "no compiler, no pip")
    wanted = "import pathlib,sys; sys.exit(not [*pathlib.Path('/opt/ombud').rglob('shared/__pycache__/runner.*.pyc')])"
    _expect(container.shell(f'python -c "{wanted}"').returncode == 0, "bytecode is in the image")
    migrated = container.run("migrate")
    _expect(migrated.returncode == 0, f"`ombud migrate` as 10001 {migrated.stderr[-500:]}")


def _serve(container: Locked, service: str, settings: Mapping[str, str], folder: Path) -> None:
    port, ops_port = free_ports(2)
    log = folder / f"{service}.log"
    given = {**settings, "OMBUD_PORT": str(port), "OMBUD_OPS_PORT": str(ops_port)}
    with container.start(log, "serve", service, **given) as running:
        seconds = running.seconds_until(lambda: _answers(ops_port))
        memory, started_by = running.memory(), Path(f"/proc/{running.pid}/cmdline").read_bytes().split(b"\0")[0]
        _expect(b"python" in started_by, "the first process is Python itself, not a shell")
        code, ended = running.stop()
    _expect(code == 0, f"{service} ends with 0 on SIGTERM: {code}")
    print(f"{service}: ready after {seconds:.1f} s, {memory / 1e6:.0f} MB, ended within {ended:.1f} s")


def _answers(ops_port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{ops_port}/readyz", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


@contextmanager
def _broker(folder: Path) -> Iterator[str]:
    broker = PrivateBroker(folder, free_ports(4)[0])  # and the three after it
    broker.start()
    try:
        yield broker.uri
    finally:
        broker.stop()


def _expect(is_so: bool, what: str) -> None:
    if not is_so:
        sys.exit(f"image-try: not so: {what}")
    print(f"so: {what}")


def _megabytes(folder: Path) -> float:
    told = subprocess.run(["du", "-s", "-B1", str(folder)], capture_output=True, text=True, check=True).stdout
    return int(told.split()[0]) / 1e6


if __name__ == "__main__":
    main()
