"""`overlays/local/secrets.sh` makes each secret that the local overlay refers to, by the real kubectl, always anew."""

import base64
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from shared.tokens import TokenBook
from tests.deploy.rendered import K8S, KUBECTL
from tests.deploy.test_settings import STAND_IN, references

# There is no API server: kubectl says what it would have sent.
DRY = """#!/bin/sh
echo "$@" >> {folder}/arguments
echo --- >> {folder}/made
exec {kubectl} "$@" --dry-run=client -o yaml >> {folder}/made
"""

Secrets = dict[str, dict[str, str]]


def made(folder: Path) -> tuple[Secrets, str, str]:
    """The secrets, what the script said, and the arguments that it gave."""
    folder.mkdir()
    kubectl = folder / "kubectl"
    kubectl.write_text(DRY.format(folder=folder, kubectl=KUBECTL))
    kubectl.chmod(0o755)
    environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}
    script = str(K8S / "overlays" / "local" / "secrets.sh")
    done = subprocess.run([script], env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    documents = [d for d in yaml.safe_load_all((folder / "made").read_text()) if d]
    assert {d["metadata"]["namespace"] for d in documents} == {"ombud"}
    secrets = {
        d["metadata"]["name"]: {k: base64.b64decode(v).decode() for k, v in d["data"].items()} for d in documents
    }
    return secrets, done.stdout, (folder / "arguments").read_text()


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Secrets, str, str]]:
    folder = tmp_path_factory.mktemp("secrets")
    return [made(folder / name) for name in ("first", "second")]


def test_every_needed_secret_is_made(twice: list[tuple[Secrets, str, str]]) -> None:
    (secrets, _, _), _ = twice
    needed = {(name, key) for name, key in references("local") if key in STAND_IN}
    assert sorted(needed - {(name, key) for name, keys in secrets.items() for key in keys}) == []


def test_the_token_that_it_says_is_let_in(twice: list[tuple[Secrets, str, str]]) -> None:
    (secrets, said, _), _ = twice
    token = said.split()[-1]
    assert TokenBook.parse(secrets["ombud"]["api-tokens"], "").find(token) is not None


def test_nothing_is_the_same_the_next_time_and_no_value_is_an_argument(twice: list[tuple[Secrets, str, str]]) -> None:
    (first, _, arguments), (second, _, _) = twice
    hidden = ("password", "api-tokens", "link-keys")
    for name, keys in first.items():
        for key in keys.keys() & hidden:
            assert keys[key] != second[name][key], f"{name}: {key}"
            assert len(keys[key]) >= 40, f"{name}: {key}"
            assert keys[key] not in arguments
