"""Prometheus and Alertmanager over a whole system, with the files of deploy/monitoring made quick; for two journeys."""

from pathlib import Path
from typing import Any

from ombud.local.broker import PrivateBroker
from tests.harness.monitoring import Alertmanager, MonitoringPrograms, Prometheus, rabbitmq_metrics
from tests.harness.system import System
from tests.monitoring import hastened

# Some ticks turn every half minute only, one of which looks for the last resort: that they have not turned yet after a
# start is told with a `for` of a second, and not with that of the rules.
NOT_YET = ("OmbudTickStands", "OmbudLastResortMissing", "OmbudLastResortUnreachable")


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
        return {name_of(alert): alert["status"]["state"] for alert in self.alertmanager.alerts()}

    def sees_all(self) -> bool:
        """The four services, and the broker with its queues."""
        health = list(self.prometheus.targets().values())
        return health == ["up"] * 6

    def firing(self) -> set[tuple[str, str]]:
        found = {name_of(alert) for alert in self.prometheus.alerts() if alert["state"] == "firing"}
        return {name for name in found if name[0] not in NOT_YET}


def _target(port: int, **labels: str) -> dict[str, Any]:
    return {"targets": [f"127.0.0.1:{port}"], "labels": labels}


def name_of(alert: dict[str, Any]) -> tuple[str, str]:
    return alert["labels"]["alertname"], alert["labels"].get("service", "")
