"""Whether a series that an expression names is one that a service has: for the rules, and for the dashboards."""

from collections.abc import Mapping

from apidocs.exposition import Series
from apidocs.metrics import SAID, SET_UP, at_start
from tests.monitoring import registry
from tests.monitoring.rulebook import OF_THE_SCRAPE, Selector

_ENDS = ("_bucket", "_count", "_sum")


def fault_of(selector: Selector) -> str | None:
    """What is wrong with a series of ours that an expression names."""
    services = registry.of_all_services()
    asked = [m.value for m in selector.matchers if m.label == "service" and m.operator.startswith("=")]
    having = [services[name] for name in (asked[0].split("|") if asked else services)]
    found = [series[selector.metric] for series in having if selector.metric in series]
    if not found:
        return "no such series"
    if missing := selector.labels - found[0].labels - OF_THE_SCRAPE:
        return f"no label {missing}"
    for matcher in selector.matchers:
        values = [series.values.get(matcher.label, frozenset()) for series in found]
        if all(values) and (wrong := matcher.never(frozenset().union(*values))):
            return f"{matcher.label} is never {wrong}"
    return None


def exposed_by(service: str, metric: str) -> Series | None:
    """As a service that has just started shows it, with the values of all its labels; metric: also an end of one."""
    series: Mapping[str, Series] = at_start()[service]
    names = [metric, *(metric.removesuffix(end) for end in _ENDS if metric.endswith(end))]
    return next((series[name] for name in names if name in series), None)


def fault_at_start(selector: Selector) -> str | None:
    """What is wrong with it, its values included; without `le`, and what is set up."""
    asked = [m.value for m in selector.matchers if m.label == "service"]
    services = asked[0].split("|") if asked else list(at_start())
    found = [series for service in services if (series := exposed_by(service, selector.metric))]
    if not found or (asked and len(found) < len(services)):
        return "no such series"
    for matcher in selector.matchers:
        values = set[str]().union(*(series.labels.get(matcher.label, set()) for series in found))
        if matcher.label not in OF_THE_SCRAPE | set(SET_UP) | set(SAID) and not set(matcher.value.split("|")) <= values:
            return f"{matcher.label} is never {matcher.value}"
    return None
