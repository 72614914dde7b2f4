"""What a page of `/metrics` exposes, without the figures; for metrics.py, and tests that ask running services."""

from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

Labels = dict[str, set[str]]


@dataclass
class Series:
    """All series of one name; labels: each with the values that occur, without `le`. lines: of the page."""

    name: str
    type: str
    help: str
    labels: Labels = field(default_factory=dict)
    lines: int = 0


def series_of(page: str) -> dict[str, Series]:
    """By the name that stands in the page: counters end in `_total`, histograms stand without their ends."""
    found = {}
    for family in text_string_to_metric_families(page):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        made = found[name] = Series(name, family.type, family.documentation, lines=len(family.samples))
        for sample in family.samples:
            for label, value in sample.labels.items():
                if label != "le":
                    made.labels.setdefault(label, set()).add(value)
    return found
