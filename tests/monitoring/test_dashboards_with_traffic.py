"""Every query of every dashboard against a real Prometheus, over four real services at work and the rules as they are.

A start takes ten seconds, so that all dashboards share one system, and one course of events in it.
"""

import math
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from ombud.local.broker import PrivateBroker
from tests.harness.monitoring import MonitoringPrograms, Prometheus
from tests.harness.process import eventually
from tests.harness.system import KETTLE, MILD, System
from tests.monitoring.boards import NAMES, Asked, queries
from tests.monitoring.watch import Watch

SOURCES = "sources: {shop: {kind: freshdesk, check: {scheme: none}}}\n"
STEP = 5  # seconds between the points of a line


@pytest.fixture(scope="module")
def system(broker: PrivateBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("system")
    (folder / "sources.yml").write_text(SOURCES)
    vhost = f"boards-{uuid.uuid4().hex[:12]}"
    database = f"sqlite:///{folder}/{{service}}.sqlite"
    made = System(folder, database, broker.add_vhost(vhost), broker, OMBUD_SOURCES=str(folder / "sources.yml"))
    yield made.start()
    made.stop()
    broker.remove_vhost(vhost)


@pytest.fixture(scope="module")
def prometheus(
    system: System, broker: PrivateBroker, monitoring: MonitoringPrograms, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """It watches from before anything happens: what grows from zero must have been seen at zero."""
    watch = Watch(tmp_path_factory.mktemp("watch"), monitoring, system, broker)
    try:
        watch.start()
        eventually(watch.sees_all, "all to be scraped", lambda: str(watch.prometheus.targets()))
        _play(system)
        yield watch.prometheus
    finally:
        watch.stop()


def _play(system: System) -> None:
    """What a day brings: severe and mild, answered in time and too late, good and bad, and one that cannot be read."""
    system.bus.raw("complaints", "complaint.submitted", b'{"source": "branch"}', {"ce-id": "1", "ce-source": "branch"})
    taken, unanswered = system.send(KETTLE, "taken"), system.send(KETTLE, "unanswered")
    system.send(MILD, "liked")
    system.wait_until_told("petr", 2)
    _answer(system, taken, "acknowledge", by="petr")
    _answer(system, taken, "correct", by="petr", category="billing")
    _answer(system, taken, "resolve", outcome="upheld")
    for what, fields in (
        ("answered", {"by": "jana"}),
        ("resolved", {}),
        ("rated", {"score": 0.9}),
        ("reopened", {}),
        ("resolved", {}),
    ):
        system.step(f"complaint.{what}", "liked", **fields)
    system.settle()
    system.advance(minutes=30)  # nobody answered
    eventually(lambda: system.case(unanswered)["level"] > 1, "the next level", system.logs)
    system.settle()
    _ask_for_what_is_not_there(system)


def _answer(system: System, case_id: str, what: str, **body: Any) -> None:
    answer = system.call("escalation", "POST", f"/v1/cases/{case_id}/{what}", body)
    assert answer.ok, answer.text


def _ask_for_what_is_not_there(system: System) -> None:
    for service in system.services:
        assert system.call(service, "GET", "/v1/dead-letters/none").status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_every_query_of_a_dashboard_returns_figures(name: str, prometheus: Prometheus) -> None:
    asked = queries(name)

    def without() -> list[str]:
        return [f"{each.panel}: {each.filled}" for each in asked if not _has_figures(prometheus, each)]

    eventually(lambda: not without(), "figures everywhere", lambda: f"none in {without()}", patience=30)


@pytest.mark.parametrize("name", NAMES)
def test_every_series_has_the_labels_that_its_legend_or_table_shows(name: str, prometheus: Prometheus) -> None:
    for asked in queries(name):
        for metric, _ in _series(prometheus, asked):
            assert set(metric) - {"__name__"} >= asked.shown, (asked, metric)
            if asked.is_instant:  # columns of a table meet in a row where they have the same labels, and no others
                assert set(metric) == asked.shown, (asked, metric)


def _has_figures(prometheus: Prometheus, asked: Asked) -> bool:
    return any(not math.isnan(float(value)) for _, values in _series(prometheus, asked) for value in values)


def _series(prometheus: Prometheus, asked: Asked) -> list[tuple[dict[str, str], list[str]]]:
    if asked.is_instant:
        return [(each["metric"], [each["value"][1]]) for each in prometheus.query(asked.filled)]
    now = time.time()
    span = {"start": f"{now - 90:.3f}", "end": f"{now:.3f}", "step": str(STEP)}
    found = prometheus.get("/api/v1/query_range", query=asked.filled, **span)["data"]["result"]
    return [(each["metric"], [value for _, value in each["values"]]) for each in found]
