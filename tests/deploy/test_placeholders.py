"""What a company has to fill in is refused by `placeholders.py` until it is."""

import subprocess
import sys
from pathlib import Path

from tests.deploy.rendered import K8S, text_of

OWN = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [{base}]
images:
  - {{name: ombud, newName: registry.corp.test/ombud, digest: "sha256:{digest}"}}
"""


def looked_at(text: str) -> tuple[int, list[str]]:
    command = [sys.executable, str(K8S / "placeholders.py")]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr.splitlines()


def test_production_as_it_is_shipped_is_refused() -> None:
    code, told = looked_at(text_of(K8S / "overlays" / "production"))
    assert code == 1
    assert any(line.startswith("sha256:000") for line in told)
    assert any(line.startswith("cases.ombud.example:") for line in told)


def test_the_base_alone_is_refused() -> None:
    code, told = looked_at(text_of(K8S / "base"))
    assert code == 1
    assert any("image: ombud" in line for line in told)


def test_what_is_filled_in_is_taken() -> None:
    filled = (
        text_of(K8S / "overlays" / "production").replace("0" * 64, "5" * 64).replace(".ombud.example", ".corp.test")
    )
    filled = filled.replace("ombud.example", "corp.test").replace("ombud-backups.example", "backups-of-corp")
    assert looked_at(filled) == (0, [])


def test_the_image_of_an_overlay_of_ones_own_reaches_every_pod(tmp_path: Path) -> None:
    """An overlay on the shipped one sets the digest, as README.md says."""
    own = tmp_path / "own"
    own.mkdir()
    # kustomize wants a relative path.
    base = Path("../" * len(own.parts[1:])) / str(K8S / "overlays" / "production").lstrip("/")
    (own / "kustomization.yaml").write_text(
        OWN.format(base=base, digest="7" * 64).replace("name: ombud,", "name: registry.ombud.example/ombud,")
    )
    text = text_of(own)
    assert text.count("image: registry.corp.test/ombud@sha256:" + "7" * 64) == 5
    assert "registry.ombud.example/ombud@" not in text
