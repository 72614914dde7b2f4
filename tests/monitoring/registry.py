"""The series that a service really has: its modules are imported in a process of their own, as its `main` does.

`python -m tests.monitoring.registry <service>` prints them as JSON; `of_all_services` runs it for each.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from shared.contracts.topology import SERVICES


@dataclass(frozen=True)
class Series:
    """values: those of each label that are there from the import on; empty where they are made at start (queues)."""

    labels: frozenset[str]
    values: dict[str, frozenset[str]]


@cache
def of_all_services() -> dict[str, dict[str, Series]]:
    """By service, by the name of the sample: `x_total`, `x_bucket`, `x_count`, …"""
    return {service: _of(service) for service in SERVICES}


def of_any_service() -> dict[str, Series]:
    found: dict[str, Series] = {}
    for series in of_all_services().values():
        found |= series
    return found


def _of(service: str) -> dict[str, Series]:
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", __name__, service], capture_output=True, text=True, check=True
    ).stdout
    return {
        name: Series(frozenset(values), {label: frozenset(known) for label, known in values.items()})
        for name, values in json.loads(told).items()
    }


def _told(service: str) -> dict[str, dict[str, list[str]]]:
    from prometheus_client import REGISTRY

    collectors: dict[Any, list[str]] = REGISTRY._collector_to_names
    return {name: _values(collector, name) for collector, names in collectors.items() for name in names}


def _values(collector: Any, name: str) -> dict[str, list[str]]:
    labels = getattr(collector, "_labelnames", ())  # none: one of the collectors that come with the library
    known = list(zip(*collector._metrics, strict=True)) if labels else []
    known = known or [()] * len(labels)
    values = {label: sorted(set(column)) for label, column in zip(labels, known, strict=True)}
    if name.endswith("_bucket"):
        values["le"] = [str(float(bound)).replace("inf", "+Inf") for bound in collector._kwargs["buckets"]]
    return values


if __name__ == "__main__":
    from shared import green

    green.patch()
    for module in ("runner", "web", "ticker", "outbox", "policy.watched"):
        import_module(f"shared.{module}")
    import_module(f"services.{sys.argv[1]}.service")
    json.dump(_told(sys.argv[1]), sys.stdout)
