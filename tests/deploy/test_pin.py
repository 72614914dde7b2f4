"""deploy/pin.sh writes a digest behind each image, and only there; docker itself is stood in for, as none is here."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.source import PROJECT

FILES = ("Dockerfile", "compose.yml")
REFERENCE = re.compile(r"^(?:ARG PYTHON=| *image: )(\S+)$", re.MULTILINE)
DOCKER = """#!/bin/sh
test "$1 $2 $3 $5 $6" = "buildx imagetools inspect --format {{.Manifest.Digest}}" || exit 64
printf "%s" "$4" | grep -q @ && exit 65
ANSWER
"""
TRUE_ANSWER = 'printf "sha256:%s\\n" "$(printf %s "$4" | sha256sum | cut -d " " -f 1)"'


def pin(folder: Path, answer: str) -> "subprocess.CompletedProcess[str]":
    for name in (*FILES, "pin.sh"):
        if not (folder / name).exists():
            shutil.copy(PROJECT / "deploy" / name, folder)
    (folder / "docker").write_text(DOCKER.replace("ANSWER", answer))
    (folder / "docker").chmod(0o755)
    command, env = ["sh", str(folder / "pin.sh")], {"PATH": f"{folder}:/usr/bin:/bin"}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=False)


def references(folder: Path) -> list[str]:
    return [found for name in FILES for found in REFERENCE.findall((folder / name).read_text())]


@pytest.mark.parametrize("times", [1, 2])
def test_each_image_but_ours_gets_its_own_digest(times: int, tmp_path: Path) -> None:
    for _ in range(times):
        assert pin(tmp_path, TRUE_ANSWER).returncode == 0
    before = references(PROJECT / "deploy")
    digests = {image: hashlib.sha256(image.encode()).hexdigest() for image in before}
    assert len(before) > 8
    wanted = [image if image == "ombud:local" else f"{image}@sha256:{digests[image]}" for image in before]
    assert references(tmp_path) == wanted
    without = re.compile(r"@sha256:\w+")
    for name in FILES:
        assert without.sub("", (tmp_path / name).read_text()) == (PROJECT / "deploy" / name).read_text()


def test_what_is_no_digest_is_not_written(tmp_path: Path) -> None:
    done = pin(tmp_path, "echo unauthorized")
    assert done.returncode == 1 and "no digest" in done.stderr
    assert references(tmp_path) == references(PROJECT / "deploy")
