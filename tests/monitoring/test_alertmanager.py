"""Who is told of an alert, and which alerts stay silent while their cause is told: amtool and a real Alertmanager."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import yaml

from tests.harness.monitoring import Alertmanager, MonitoringPrograms
from tests.harness.process import ANSWER_WITHIN, eventually
from tests.monitoring import hastened
from tests.monitoring.rulebook import MONITORING, alerts

FILE = MONITORING / "alertmanager.yml"
TOLD = {"page": "pager", "workday": "desk", "heartbeat": "watcher", "unheard_of": "desk"}
CONFIG = yaml.safe_load(FILE.read_text())


def test_amtool_accepts_it(monitoring: MonitoringPrograms) -> None:
    said = monitoring.amtool_says("check-config", FILE)
    assert said.returncode == 0 and "SUCCESS" in said.stdout, said.stdout


@pytest.mark.parametrize("severity", sorted(TOLD))
def test_each_severity_goes_to_one_receiver(severity: str, monitoring: MonitoringPrograms) -> None:
    told = TOLD[severity]
    args = ("config", "routes", "test", f"--config.file={FILE}", f"--verify.receivers={told}", f"severity={severity}")
    said = monitoring.amtool_says(*args)
    assert said.returncode == 0, said.stdout


def test_each_severity_of_a_rule_has_a_route_of_its_own_or_is_for_working_days() -> None:
    assert {alert["labels"]["severity"] for alert in alerts()} == set(TOLD) - {"unheard_of"}


def _keys(document: object) -> Iterator[tuple[str, object]]:
    children = document.items() if isinstance(document, dict) else ()
    for key, value in children:
        yield key, value
    for value in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from _keys(value)


def test_secrets_are_read_from_files() -> None:
    secret = ("password", "secret", "token", "credentials", "api_key", "api_url", "routing_key", "service_key")
    assert [key for key, _ in _keys(CONFIG) if key.endswith(secret)] == []
    files = [value for key, value in _keys(CONFIG) if key.endswith("_file")]
    assert files and all(str(file).startswith("/etc/alertmanager/secrets/") for file in files)


def _names(matchers: list[str]) -> set[str]:
    return {name for matcher in matchers for name in matcher.split('"')[1].split("|")}


def test_what_is_held_back_are_alerts_that_exist_and_never_all_of_a_circle() -> None:
    names = {alert["alert"] for alert in alerts()}
    edges = {
        (source, target)
        for rule in CONFIG["inhibit_rules"]
        for source in _names(rule["source_matchers"])
        for target in _names(rule["target_matchers"])
    }
    assert {name for edge in edges for name in edge} <= names
    causes = {source for source, _ in edges}
    while causes:  # takes away what nothing holds back, again and again: a circle would stay
        free = {cause for cause in causes if not any(target == cause and source in causes for source, target in edges)}
        assert free, causes
        causes -= free


CASES = {
    "of the same service": ("OmbudServiceAbsent", "notify", "OmbudQueueWithoutReader", "notify", True),
    "of another service": ("OmbudServiceAbsent", "notify", "OmbudQueueWithoutReader", "routing", False),
    "all without a broker": ("OmbudBrokerAway", "rabbitmq", "OmbudOutboxOld", "intake", True),
    "no promise": ("OmbudBrokerAway", "rabbitmq", "OmbudPromiseBreaksFast", "", False),
    "without a database": ("OmbudDatabaseAway", "intake", "OmbudTickStands", "intake", True),
    "slow while fast": ("OmbudPromiseBreaksFast", "", "OmbudPromiseBreaksSlowly", "", True),
}


@pytest.fixture(scope="module")
def alertmanager(monitoring: MonitoringPrograms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    folder: Path = tmp_path_factory.mktemp("alertmanager")
    server = Alertmanager(monitoring, folder, hastened.write_alertmanager(folder))
    server.start()
    yield server
    server.stop()


def _tell(alertmanager: Alertmanager, labels: list[dict[str, str]], **times: str) -> None:
    url = f"{alertmanager.url}/api/v2/alerts"
    posted = requests.post(url, json=[{"labels": each} | times for each in labels], timeout=ANSWER_WITHIN)
    assert posted.ok, posted.text


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest, alertmanager: Alertmanager) -> Iterator[tuple[str, str, bool]]:
    """Cause and symptom are told, and end afterwards, as one case's cause would hold back the next one's symptom."""
    cause, cause_of, symptom, symptom_of, is_held = CASES[request.param]
    labels = [{"alertname": cause, "service": cause_of}, {"alertname": symptom, "service": symptom_of}]
    labels = [{name: value for name, value in each.items() if value} for each in labels]
    _tell(alertmanager, labels)
    yield cause, symptom, is_held
    _tell(alertmanager, labels, startsAt="2026-01-01T00:00:00Z", endsAt="2026-01-01T00:00:01Z")
    eventually(lambda: not alertmanager.alerts(), "the alerts to end")


def test_a_symptom_is_silent_while_its_cause_is_told(case: tuple[str, str, bool], alertmanager: Alertmanager) -> None:
    cause, symptom, is_held = case
    wanted = {cause: "active", symptom: "suppressed" if is_held else "active"}

    def states() -> dict[str, str]:
        return {alert["labels"]["alertname"]: alert["status"]["state"] for alert in alertmanager.alerts()}

    eventually(lambda: states() == wanted, str(wanted), lambda: str(states()), patience=30)
