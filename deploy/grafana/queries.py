"""Expressions that the dashboards have in common; called by the files of the dashboards.

`$__rate_interval` and `$__range` are filled in by Grafana: four scrapes or more, and all of the time that is shown.
"""

from collections.abc import Sequence

RATE, RANGE, HOUR = "$__rate_interval", "$__range", "1h"


def per_second(metric: str, by: Sequence[str] = ()) -> str:
    """metric: with its matchers, as in `x_total{service="intake"}`."""
    return _summed(by, f"rate({metric}[{RATE}])")


def grown(metric: str, by: Sequence[str] = (), within: str = RANGE) -> str:
    """How many more. Prometheus extrapolates, so small numbers are not whole."""
    return _summed(by, f"increase({metric}[{within}])")


def most(metric: str, by: Sequence[str] = ()) -> str:
    """Of a gauge that is the same in all replicas."""
    return f"max by ({', '.join(by)}) ({metric})" if by else f"max({metric})"


def quantile(share: float, metric: str, by: Sequence[str] = (), within: str = RATE, where: str = "") -> str:
    """Of a histogram; where nothing happened there is no figure rather than one that is no number."""
    buckets = _summed(("le", *by), f"rate({metric}_bucket{where}[{within}])")
    return f"histogram_quantile({share:g}, {buckets}) >= 0"


def mean(metric: str, by: Sequence[str] = (), within: str = RANGE, where: str = "") -> str:
    """Of a histogram; none where nothing happened."""
    total, count = (_summed(by, f"increase({metric}_{end}{where}[{within}])") for end in ("sum", "count"))
    return f"{total} / ({count} > 0)"


def share(part: str, whole: str) -> str:
    """Of two vectors with the same labels; none where there is no whole."""
    return f"{part} / ({whole} > 0)"


def _summed(by: Sequence[str], vector: str) -> str:
    return f"sum by ({', '.join(by)}) ({vector})" if by else f"sum({vector})"
