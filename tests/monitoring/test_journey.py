"""Real services, RabbitMQ, Prometheus and Alertmanager, with the files of deploy/monitoring made quick."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from ombud.local.broker import PrivateBroker
from tests.harness.monitoring import Alertmanager, MonitoringPrograms, Prometheus, rabbitmq_metrics
from tests.harness.process import ANSWER_WITHIN, eventually
from tests.harness.system import System
from tests.monitoring import hastened
from tests.monitoring.rulebook import MONITORING, RULE_FILES, rules, selectors

ABSENT, UNREAD = ("OmbudServiceAbsent", "notify"), ("OmbudQueueWithoutReader", "notify")
ALIVE = ("OmbudMonitoringAlive", "")
# Some ticks turn every half minute only; with a `for` of a second they stand still until they have turned once.
NOT_YET = "OmbudTickStands"


def test_what_is_made_quick_is_the_same_but_for_its_times() -> None:
    for path in RULE_FILES:
        document = yaml.safe_load(path.read_text())
        quick = hastened.rules(document)
        for group, hasty in zip(document["groups"], quick["groups"], strict=True):
            assert hasty == group | {"interval": "500ms", "rules": hasty["rules"]}
            for rule, hurried in zip(group["rules"], hasty["rules"], strict=True):
                assert hurried == rule | ({"for": "1s"} if "for" in rule else {})
        assert quick == document | {"groups": quick["groups"]}
    config = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
    assert not any("interval" in key or "timeout" in key for scrape in config["scrape_configs"] for key in scrape)


def test_each_series_of_rabbitmq_in_a_rule_is_told_by_its_plugin(broker: PrivateBroker, system: System) -> None:
    system.bus.declare()
    url, told = f"http://127.0.0.1:{rabbitmq_metrics(broker)}", ""
    for scrape in yaml.safe_load((MONITORING / "prometheus.yml").read_text())["scrape_configs"]:
        if scrape["job_name"].startswith("rabbitmq"):
            path, params = scrape.get("metrics_path", "/metrics"), scrape.get("params", {})
            told += requests.get(url + path, params=params, timeout=ANSWER_WITHIN).text
    asked = {s.metric for rule in rules() for s in selectors(rule["expr"]) if s.metric.startswith("rabbitmq")}
    assert asked
    assert asked <= set(re.findall(r"(?m)^# TYPE (\w+)", told))


class Watch:
    """Prometheus and Alertmanager over a whole system and its broker."""

    def __init__(self, folder: Path, programs: MonitoringPrograms, system: System, broker: PrivateBroker):
        self.alertmanager = Alertmanager(programs, folder, hastened.write_alertmanager(folder))
        ports = {name: service.ops_port for name, service in system.services.items()}
        ombud = [_target(port, service=name) for name, port in ports.items()]
        rabbitmq = [_target(rabbitmq_metrics(broker), service="rabbitmq")]
        targets = {"ombud": ombud, "rabbitmq": rabbitmq, "alertmanager": [_target(self.alertmanager.port)]}
        self.prometheus = Prometheus(programs, folder, hastened.write_prometheus(folder, targets))

    def start(self) -> None:
        self.alertmanager.start()
        self.prometheus.start()

    def stop(self) -> None:
        self.prometheus.stop()
        self.alertmanager.stop()

    def told(self) -> dict[tuple[str, str], str]:
        """What Alertmanager has, by alert and service, and whether it is held back."""
        return {_name(alert): alert["status"]["state"] for alert in self.alertmanager.alerts()}

    def sees_all(self) -> bool:
        """The four services, and the broker with its queues."""
        health = list(self.prometheus.targets().values())
        return health == ["up"] * 6

    def firing(self) -> set[tuple[str, str]]:
        found = {_name(alert) for alert in self.prometheus.alerts() if alert["state"] == "firing"}
        return {name for name in found if name[0] != NOT_YET}


def _target(port: int, **labels: str) -> dict[str, Any]:
    return {"targets": [f"127.0.0.1:{port}"], "labels": labels}


def _name(alert: dict[str, Any]) -> tuple[str, str]:
    return alert["labels"]["alertname"], alert["labels"].get("service", "")


@pytest.fixture
def system(tmp_path: Path, amqp_uri: str, broker: PrivateBroker) -> Iterator[System]:
    made = System(tmp_path, f"sqlite:///{tmp_path}/{{service}}.sqlite", amqp_uri, broker)
    yield made
    made.stop()


@pytest.fixture
def watch(tmp_path: Path, monitoring: MonitoringPrograms, system: System, broker: PrivateBroker) -> Iterator[Watch]:
    system.start()
    made = Watch(tmp_path / "watch", monitoring, system, broker)
    yield made
    made.stop()


def test_operators_hear_that_notify_is_away_and_that_it_is_back(watch: Watch, system: System) -> None:
    watch.start()
    eventually(lambda: watch.sees_all() and watch.firing() == {ALIVE}, "nothing wrong", lambda: str(watch.firing()))

    system.services["notify"].stop()
    system.send()
    # The letter that nobody reads is what comes of it, and is held back.
    wanted = {ALIVE: "active", ABSENT: "active", UNREAD: "suppressed"}
    eventually(lambda: wanted.items() <= watch.told().items(), str(wanted), lambda: str(watch.told()))
    absent = next(alert for alert in watch.alertmanager.alerts() if _name(alert) == ABSENT)
    assert [receiver["name"] for receiver in absent["receivers"]] == ["pager"]
    assert absent["annotations"]["summary"] == "Nothing of notify answers"

    system.services["notify"].start()
    system.wait_until_told("petr")
    eventually(lambda: watch.firing() == {ALIVE}, "all to be well again", lambda: str(watch.firing()))
    eventually(lambda: not {ABSENT, UNREAD} & watch.told().keys(), "Alertmanager to hear it", lambda: str(watch.told()))
