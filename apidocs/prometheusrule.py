"""Writes deploy/monitoring/rules as the PrometheusRule of the Prometheus operator; called by `python -m apidocs`."""

from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parents[1]
RULES = Path("deploy", "monitoring", "rules")
RESOURCE = Path("deploy", "k8s", "components", "monitoring", "prometheusrule.yaml")
_MADE = "Made from deploy/monitoring/rules by `python -m apidocs`: change it there."


class _Dumper(yaml.SafeDumper):
    """Expressions keep their lines."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def documents(folder: Path = PROJECT) -> dict[Path, str]:
    """The one file by its path inside the project. folder: where the rules are."""
    paths = sorted((folder / RULES).glob("*.yml"))
    groups = [group for path in paths for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]]
    made: dict[str, Any] = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "ombud"},
        "spec": {"groups": groups},
    }
    return {RESOURCE: f"# {_MADE}\n" + yaml.dump(made, Dumper=_Dumper, sort_keys=False, width=1000)}
