"""The series that each service has from its start, by the names of their samples; for the tests of the rules."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from prometheus_client.parser import text_string_to_metric_families

from apidocs import metrics


@dataclass(frozen=True)
class Series:
    """values: those of each label that are there from the start on; empty where they follow from what is set up."""

    labels: frozenset[str]
    values: dict[str, frozenset[str]]


@cache
def of_all_services() -> dict[str, dict[str, Series]]:
    """By service, by the name of the sample: `x_total`, `x_bucket`, `x_count`, …"""
    return {service: _of(page) for service, page in metrics.pages_at_start().items()}


@cache
def of_any_service() -> dict[str, Series]:
    found: dict[str, Series] = {}
    for series in of_all_services().values():
        found |= series
    return found


def _of(page: str) -> dict[str, Series]:
    found: dict[str, dict[str, set[str]]] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            values = found.setdefault(sample.name, defaultdict(set))
            for label, value in sample.labels.items():
                values[label].add(value)
    return {name: Series(frozenset(values), _known(values)) for name, values in found.items()}


def _known(values: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    open_ones = {*metrics.SET_UP, *(("channel",) if "provider" in values else ())}  # a channel has the provider set up
    return {label: frozenset() if label in open_ones else frozenset(known) for label, known in values.items()}
