"""Reads what was counted between two moments; used by the tests of escalation's series."""

from prometheus_client import REGISTRY


def value(name: str, **labels: str) -> float:
    found = REGISTRY.get_sample_value(name, labels)
    assert found is not None, f"{name} {labels} is there from the start"
    return found


class Meter:
    """What one counter, or the count and sum of one histogram, gained since the meter was made."""

    def __init__(self, name: str, **labels: str):
        self._names = [name] if name.endswith("_total") else [f"{name}_count", f"{name}_sum"]
        self._labels = labels
        self._before = self._values()

    def _values(self) -> list[float]:
        return [value(name, **self._labels) for name in self._names]

    @property
    def gained(self) -> list[float]:
        return [round(now - then, 3) for now, then in zip(self._values(), self._before, strict=True)]
