"""Executes the steps of a stage in a folder, as root; mounts are in a namespace of their own and end with each step."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from deploy.image.recipe import Copy, Run, Stage

CONTEXT = Path(__file__).parents[2]
# The engine gives these to every step without being asked.
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
# $1: the root; $2: the line; then pairs of a file outside and the place where it is seen inside.
_STEP = """
set -eu
root=$1 line=$2
shift 2
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
while [ $# -gt 0 ]; do
    mkdir -p "$root/$(dirname "$2")"
    [ -e "$root$2" ] || : > "$root$2"
    mount --bind "$1" "$root$2"
    shift 2
done
exec /usr/sbin/chroot "$root" /bin/sh -c "$line"
"""


class StepFailed(Exception):
    """A step of the Dockerfile ended with an error; the text is its end."""


def build(stage: Stage, root: Path, base: Path, built: Mapping[str, Path]) -> None:
    """Makes `root`, which is not there yet, out of `base`; built: the roots of the stages before."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(base), str(root)], check=True)
    for step in stage.steps:
        if isinstance(step, Copy):
            _copy(step, built[step.stage] if step.stage else CONTEXT, root)
        else:
            _run(step, root)


def _copy(step: Copy, origin: Path, root: Path) -> None:
    target = root / step.target.lstrip("/")
    for source in (origin / each.lstrip("/") for each in step.sources):
        if source.is_dir():
            # As .dockerignore has it; from an earlier stage everything comes.
            ignored = shutil.ignore_patterns() if step.stage else shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(source, target, symlinks=True, ignore=ignored, dirs_exist_ok=True)
        else:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def _run(step: Run, root: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        seen = _seen(step, Path(folder))
        pairs = [word for outside, inside in seen.items() for word in (str(outside), inside)]
        command = ["unshare", "--mount", "--propagation=private", "sh", "-c", _STEP, "sh", str(root), step.line, *pairs]
        environment = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
        environment |= {name: os.environ[name] for name in _PROXIES if name in os.environ}
        environment |= step.env
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=1800)
    for inside in seen.values():
        _forget(root / inside.lstrip("/"))
    if done.returncode != 0:
        raise StepFailed(f"{step.line}\n{(done.stderr or done.stdout)[-3000:]}")


def _seen(step: Run, folder: Path) -> dict[Path, str]:
    """What the step sees of outside: names of hosts, as the engine does it, and the secrets that it asks for."""
    seen = {Path(name).resolve(): name for name in ("/etc/resolv.conf", "/etc/hosts")}
    if target := step.secrets.get("pip.conf"):
        settings = {key: value for key in ("index-url", "cert") if (value := _pip_setting(key))}
        (folder / "pip.conf").write_text("\n".join(["[global]", *(f"{k} = {v}" for k, v in settings.items())]) + "\n")
        seen[folder / "pip.conf"] = target
        if "cert" in settings:
            seen[Path(settings["cert"]).resolve()] = settings["cert"]
    return seen


def _pip_setting(key: str) -> str:
    command = [sys.executable, "-m", "pip", "config", "get", f"global.{key}"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    return os.environ.get(f"PIP_{key.upper().replace('-', '_')}") or asked.stdout.strip()


def _forget(place: Path) -> None:
    """The empty file that was made to mount upon."""
    if place.is_file() and not place.is_symlink() and place.stat().st_size == 0:
        place.unlink()
