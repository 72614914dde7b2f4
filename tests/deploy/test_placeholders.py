"""What a company has to fill in is refused by `placeholders.py` until it is."""

import os
import subprocess
import sys

import pytest
import yaml

from tests.deploy.rendered import K8S, text_of

# As README.md shows it.
OWN = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [{base}]
images:
  - {{name: registry.ombud.example/ombud, newName: registry.corp.test/ombud, digest: "sha256:{digest}"}}
configMapGenerator:
  - name: ombud-settings
    namespace: ombud
    behavior: merge
    literals: [OMBUD_PUBLIC_URL=https://cases.corp.test]
  - name: ombud-policies
    namespace: ombud
    behavior: merge
    files: [escalation.yml]
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


@pytest.mark.parametrize(
    "line",
    [
        "image: registry.corp.test/ombud:1.0",
        "- image: registry.corp.test/ombud:1.0",
        'image: "registry.corp.test/ombud"',
        "imageName: registry.corp.test/postgresql:17.6",
    ],
)
def test_an_image_without_a_digest_is_refused(line: str) -> None:
    code, told = looked_at(f"spec:\n  {line}\n")
    assert code == 1 and "an image with its digest" in told[0]


def test_what_is_filled_in_is_taken() -> None:
    filled = (
        text_of(K8S / "overlays" / "production").replace("0" * 64, "5" * 64).replace(".ombud.example", ".corp.test")
    )
    filled = filled.replace("ombud.example", "corp.test").replace("ombud-backups.example", "backups-of-corp")
    assert looked_at(filled) == (0, [])


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What an overlay of one's own on the shipped one becomes."""
    folder = tmp_path_factory.mktemp("own")
    base = os.path.relpath(K8S / "overlays" / "production", folder)
    (folder / "kustomization.yaml").write_text(OWN.format(base=base, digest="7" * 64))
    (folder / "escalation.yml").write_text("name: ours\n")
    return text_of(folder)


def test_an_image_of_ones_own_reaches_every_pod(own: str) -> None:
    assert own.count("image: registry.corp.test/ombud@sha256:" + "7" * 64) == 5
    assert "registry.ombud.example/ombud@" not in own


def test_settings_and_policies_of_ones_own_take_the_place_of_the_shipped_ones(own: str) -> None:
    maps = {d["metadata"]["name"]: d["data"] for d in yaml.safe_load_all(own) if d["kind"] == "ConfigMap"}
    (settings,) = (name for name in maps if name.startswith("ombud-settings-"))
    assert own.count(f"name: {settings}\n") == 1 + 4, "made once, and referred to by each service"
    assert maps[settings]["OMBUD_PUBLIC_URL"] == "https://cases.corp.test"
    assert maps[settings]["OMBUD_HOST"] == "0.0.0.0"
    # Without a hash: else a changed policy would be a rollout.
    assert maps["ombud-policies"]["escalation.yml"] == "name: ours\n"
    assert set(maps["ombud-policies"]) == {"routing.yml", "escalation.yml", "notify.yml"}
