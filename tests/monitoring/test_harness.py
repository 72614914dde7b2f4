"""The private Prometheus and Alertmanager that tests start: found, started, asked, ended."""

from pathlib import Path

import pytest

from tests.harness import monitoring as harness
from tests.harness.monitoring import Alertmanager, MonitoringPrograms, Prometheus, find_monitoring

QUIET = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
ALWAYS = "groups: [{name: one, rules: [{alert: Always, expr: vector(1)}]}]\n"


def test_an_alert_of_the_one_reaches_the_other(monitoring: MonitoringPrograms, tmp_path: Path) -> None:
    (tmp_path / "alertmanager.yml").write_text(QUIET)
    alertmanager = Alertmanager(monitoring, tmp_path, tmp_path / "alertmanager.yml")
    (tmp_path / "rules.yml").write_text(ALWAYS)
    (tmp_path / "prometheus.yml").write_text(
        "global: {evaluation_interval: 200ms}\nrule_files: [rules.yml]\n"
        f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{alertmanager.port}']}}]}}]}}\n"
    )
    prometheus = Prometheus(monitoring, tmp_path, tmp_path / "prometheus.yml")
    try:
        alertmanager.start()
        prometheus.start()
        harness.eventually(lambda: [a["labels"]["alertname"] for a in alertmanager.alerts()] == ["Always"], "the alert")
        assert prometheus.value("vector(7)") == 7
        assert [alert["state"] for alert in prometheus.alerts()] == ["firing"]
    finally:
        prometheus.stop()
        alertmanager.stop()


def test_a_server_that_cannot_start_says_why(monitoring: MonitoringPrograms, tmp_path: Path) -> None:
    (tmp_path / "prometheus.yml").write_text("no_such_setting: 1\n")
    prometheus = Prometheus(monitoring, tmp_path, tmp_path / "prometheus.yml")
    with pytest.raises(AssertionError, match="no_such_setting"):
        prometheus.start()


def test_installed_programs_are_used_where_all_four_are_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("prometheus", "promtool", "prometheus-alertmanager", "amtool")
    for name in names:
        (tmp_path / name).write_text("#!/bin/sh\necho it was $0 $@\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_monitoring()
    assert found == MonitoringPrograms(*(tmp_path / name for name in names))
    assert "promtool check" in found.promtool_says("check").stdout
