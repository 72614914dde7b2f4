"""The dashboards on Kubernetes: a ConfigMap each, as the files are, with the label that Grafana's sidecar looks for."""

from pathlib import Path

import pytest

from tests.deploy.rendered import of_kind
from tests.monitoring.boards import FILES

# `kubectl apply` keeps a copy of what it applies in annotations, which together take no more.
ANNOTATIONS = 256 * 1024


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_dashboard_is_a_config_map_for_the_sidecar(path: Path) -> None:
    maps = [each for each in of_kind("production", "ConfigMap") if path.name in each["data"]]
    (found,) = maps
    assert found["data"] == {path.name: path.read_text()}
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert found["metadata"]["name"] == f"ombud-dashboard-{path.stem}"
    assert len(str(found).encode()) < ANNOTATIONS


def test_a_cluster_on_one_machine_has_none() -> None:
    assert not [each for each in of_kind("local", "ConfigMap") if "dashboard" in each["metadata"]["name"]]
