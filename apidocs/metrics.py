"""docs/metrics.md, from what the services expose before anything has happened; called by `__main__.py`."""

import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from apidocs.doors import Undescribed
from apidocs.exposition import Series, series_of
from apidocs.metrics_text import BROKER, FOREWORD
from apidocs.worries import WORRIES
from shared.contracts.topology import SERVICES

PROJECT = Path(__file__).parents[1]
# One system, so that there is a label for it: shown as `<name>`.
_SYSTEM = "a-system"
_SOURCES = f"sources: {{{_SYSTEM}: {{kind: freshdesk, check: {{scheme: none}}}}}}\n"
# Labels of which the values follow from what is set up; only these can be there beside them.
SET_UP = ("provider", "region", "source")
BESIDE = {"none", "other"}
# Labels with one value at a time, which says what runs here.
SAID = ("version", "python", "implementation", "major", "minor", "patchlevel")
_UNITS = {"timestamp_seconds": "seconds since 1970", "seconds": "seconds", "bytes": "bytes", "ratio": "0 to 1"}
_HEAD = "| series | type | labels | unit | means | should worry |\n|---|---|---|---|---|---|\n"
Exposed = Mapping[str, Mapping[str, Series]]


def page() -> str:
    """The document."""
    exposed = at_start()
    _check(exposed)
    shared = _in_all(exposed)
    text = FOREWORD + _of_all(exposed, shared)
    for service in SERVICES:
        text += _of_one(service, exposed[service], shared, _differing(exposed, shared))
    return text + BROKER


@cache
def at_start() -> Exposed:
    """What each service exposes, by its name; the values of SET_UP labels are those of made-up settings."""
    return {service: series_of(text) for service, text in pages_at_start().items()}


@cache
def pages_at_start() -> Mapping[str, str]:
    """The pages themselves; all services at once, as each takes a second to load."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sources.yml").write_text(_SOURCES, encoding="utf-8")
        settings = {
            "PYTHONPATH": str(PROJECT),
            "OMBUD_AMQP_URI": "amqp://127.0.0.1:1",
            "OMBUD_DATABASE_URL": f"sqlite:///{folder}/none.sqlite",
            "OMBUD_LINK_KEYS": "none",
            "OMBUD_SOURCES": f"{folder}/sources.yml",
        }
        started = {service: _start(service, settings) for service in SERVICES}
        return {service: _page_of(service, process) for service, process in started.items()}


def _start(service: str, settings: dict[str, str]) -> "subprocess.Popen[str]":
    argv = [sys.executable, "-m", "apidocs.registry", service]
    return subprocess.Popen(argv, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _page_of(service: str, process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate()
    if process.returncode:
        raise Undescribed(f"what {service} exposes cannot be read: {err.strip()[-500:]}")
    return out


def _check(exposed: Exposed) -> None:
    names = {name for series in exposed.values() for name in series}
    for name in sorted(names - WORRIES.keys()):
        raise Undescribed(
            f"{name} is not described: add WORRIES[{name!r}], when it should worry whom, to apidocs/worries.py"
        )
    for name in sorted(WORRIES.keys() - names):
        raise Undescribed(f"apidocs/worries.py: no service exposes {name}: remove it")


def _in_all(exposed: Exposed) -> list[str]:
    """Names that every service has, those of the process last."""
    names = set.intersection(*(set(series) for series in exposed.values()))
    return sorted(names, key=lambda name: (not name.startswith("ombud_"), name))


def _differing(exposed: Exposed, shared: Iterable[str]) -> set[tuple[str, str]]:
    """Series that every service has, with the labels whose values are not the same in each."""
    return {
        (name, label)
        for name in shared
        for label in exposed[SERVICES[0]][name].labels
        if label not in SAID and len({frozenset(exposed[s][name].labels[label]) for s in SERVICES}) > 1
    }


def _of_all(exposed: Exposed, shared: list[str]) -> str:
    differing = _differing(exposed, shared)
    rows = (_row(exposed[SERVICES[0]][name], {label for n, label in differing if n == name}) for name in shared)
    return f"## In every service\n\n{_HEAD}{''.join(rows)}\n"


def _of_one(service: str, series: Mapping[str, Series], shared: list[str], differing: Iterable[tuple[str, str]]) -> str:
    own = sorted(set(series) - set(shared))
    alike: defaultdict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for name, label in sorted(differing):
        alike[label, tuple(sorted(series[name].labels[label]))].append(name)
    lines = (
        f"- `{label}` of {', '.join(f'`{name}`' for name in names)}: {_values(values)}\n"
        for (label, values), names in sorted(alike.items())
    )
    size = sum(each.lines for each in series.values())
    intro = f"## {service.capitalize()}\n\n{size} lines at start. Of the series that every service has:\n\n"
    return f"{intro}{''.join(lines)}\n{_HEAD}{''.join(_row(series[name], set()) for name in own)}\n"


def _row(series: Series, elsewhere: set[str]) -> str:
    labels = "; ".join(_label(series, name, name in elsewhere) for name in sorted(series.labels))
    worry = "–" if (found := WORRIES[series.name]) == "-" else found
    cells = (f"`{series.name}`", series.type, labels or "–", _unit(series.name), series.help.rstrip("."), worry)
    return f"| {' | '.join(cells)} |\n"


def _label(series: Series, name: str, is_elsewhere: bool) -> str:
    if is_elsewhere:
        return f"`{name}`: see each service"
    if name in SAID:
        return f"`{name}`: one"
    # What can be set up of one label depends on the other: a provider is that of a channel.
    if name in SET_UP or ("provider" in series.labels and name == "channel"):
        beside = series.labels[name] & BESIDE
        return f"`{name}`: as set up{', ' + _values(beside) if beside else ''}"
    return f"`{name}`: {_values(series.labels[name])}"


def _values(values: Iterable[str]) -> str:
    return ", ".join(f"`{value.replace(_SYSTEM, '<name>')}`" for value in sorted(values))


def _unit(name: str) -> str:
    stem = name.removesuffix("_total")
    return next(
        (unit for end, unit in _UNITS.items() if stem.endswith(end)), "–" if name.endswith("_info") else "number"
    )
