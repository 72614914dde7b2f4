"""The files of deploy/monitoring made quick and local, for a test with real servers: intervals, waits, addresses."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.monitoring.rulebook import MONITORING, RULE_FILES

EVERY = "500ms"
SHORT = "1s"


def rules(document: dict[str, Any]) -> dict[str, Any]:
    """The same groups and rules, evaluated often, and with a second for each `for`."""
    groups = [
        group | {"interval": EVERY, "rules": [r | {"for": SHORT} if "for" in r else r for r in group["rules"]]}
        for group in document["groups"]
    ]
    return document | {"groups": groups}


def write_prometheus(folder: Path, targets: Mapping[str, list[dict[str, Any]]]) -> Path:
    """prometheus.yml with its rules in a folder; targets: what stands in each file of targets/, by its name."""
    for path in RULE_FILES:
        _write(folder / "rules" / path.name, rules(yaml.safe_load(path.read_text())))
    for name, found in targets.items():
        _write(folder / "targets" / f"{name}.yml", found)
    config = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": SHORT, "scrape_timeout": SHORT, "evaluation_interval": EVERY}
    return _write(folder / "prometheus.yml", config)


def write_alertmanager(folder: Path) -> Path:
    """alertmanager.yml as it is, but that its letters go nowhere: a port on loopback that nobody listens on."""
    config = yaml.safe_load((MONITORING / "alertmanager.yml").read_text())
    config["global"]["smtp_smarthost"] = "127.0.0.1:1"
    for receiver in config["receivers"]:
        for hook in receiver.get("webhook_configs", ()):
            hook["url"] = "http://127.0.0.1:1/"
    return _write(folder / "alertmanager.yml", config)


def _write(path: Path, document: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path
