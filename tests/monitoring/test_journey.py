"""Real services, RabbitMQ, Prometheus and Alertmanager, with the files of deploy/monitoring made quick."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import yaml

from ombud.local.broker import PrivateBroker
from tests.harness.monitoring import MonitoringPrograms, rabbitmq_metrics
from tests.harness.process import ANSWER_WITHIN, eventually
from tests.harness.system import System
from tests.monitoring import hastened
from tests.monitoring.rulebook import MONITORING, RULE_FILES, rules, selectors
from tests.monitoring.watch import Watch, name_of

ABSENT, UNREAD = ("OmbudServiceAbsent", "notify"), ("OmbudQueueWithoutReader", "notify")
ALIVE = ("OmbudMonitoringAlive", "")


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
    absent = next(alert for alert in watch.alertmanager.alerts() if name_of(alert) == ABSENT)
    assert [receiver["name"] for receiver in absent["receivers"]] == ["pager"]
    assert absent["annotations"]["summary"] == "Nothing of notify answers"

    system.services["notify"].start()
    system.wait_until_told("petr")
    eventually(lambda: watch.firing() == {ALIVE}, "all to be well again", lambda: str(watch.firing()))
    eventually(lambda: not {ABSENT, UNREAD} & watch.told().keys(), "Alertmanager to hear it", lambda: str(watch.told()))
