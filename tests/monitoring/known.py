"""Whether a series that an expression names is one that a service has; for the rules and for the dashboards."""

from tests.monitoring import registry
from tests.monitoring.rulebook import OF_THE_SCRAPE, Selector


def fault_of(selector: Selector) -> str | None:
    """What is wrong with a series of ours that an expression names."""
    services = registry.of_all_services()
    asked = [m.value for m in selector.matchers if m.label == "service" and m.operator.startswith("=")]
    having = [services[name] for name in (asked[0].split("|") if asked else services)]
    if not any(selector.metric in series for series in having):
        return "no such series"
    found = next(series[selector.metric] for series in having if selector.metric in series)
    if missing := selector.labels - found.labels - OF_THE_SCRAPE:
        return f"no label {missing}"
    for matcher in selector.matchers:
        values = found.values.get(matcher.label, frozenset())
        if wrong := set(matcher.value.split("|")) - values if values and "." not in matcher.operator else set():
            return f"{matcher.label} is never {wrong}"
    return None
