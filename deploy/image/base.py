"""What stands in for the base image: Debian with Python 3.11, made by mmdebstrap from this machine's own sources."""

import shutil
import subprocess
from pathlib import Path

from ombud.local import apt
from ombud.local.packages import Bundle, cache_dir, unpacked

SUITE = "bookworm"
PACKAGES = ("python3.11", "python3.11-venv", "ca-certificates")
_TOOL = Bundle(
    name="mmdebstrap",
    suite=SUITE,
    packages=("mmdebstrap",),
    title="mmdebstrap",
    advice="apt-get install mmdebstrap",
)


def base_image() -> Path:
    """A root folder; made at the first call (some minutes), kept in the cache."""
    root = cache_dir() / f"image-base-{SUITE}"
    if not (root / ".complete").exists():
        shutil.rmtree(root, ignore_errors=True)
        _make(root)
        (root / ".complete").touch()
    return root


def _make(root: Path) -> None:
    sources = root.with_name(root.name + ".sources")
    shutil.rmtree(sources, ignore_errors=True)
    sources.mkdir(parents=True)
    try:
        apt.write_sources(sources, SUITE)
        found = [str(path) for path in sorted(sources.iterdir()) if path.stat().st_size]
        command = [str(_tool()), "--mode=root", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE]
        print(f"making {root.name} with mmdebstrap: some minutes, once")
        subprocess.run(["perl", *command, str(root), *found], check=True, capture_output=True, text=True, timeout=1800)
    finally:
        shutil.rmtree(sources)


def _tool() -> Path:
    installed = shutil.which("mmdebstrap")
    return Path(installed) if installed else unpacked(_TOOL) / "usr/bin/mmdebstrap"
