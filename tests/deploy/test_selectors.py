"""What points at pods by their labels points at the right ones: budgets, Services, monitors, scalers, the ingress."""

import re

import pytest

from services.intake.webhooks import MAX_WEBHOOK_BYTES
from shared import backlog
from shared.contracts.topology import DEAD_LETTERS_EXCHANGE, QUEUES, SERVICES
from tests.deploy.rendered import (
    K8S,
    OVERLAYS,
    Resource,
    label,
    labels_of,
    named,
    of_kind,
    pod_of,
    selects,
    workloads,
)


def taken_by(overlay: str, selector: Resource) -> list[str]:
    return sorted(w["metadata"]["name"] for w in workloads(overlay) if selects(selector, labels_of(w)))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_workload_takes_its_own_pods_only(overlay: str) -> None:
    for workload in of_kind(overlay, "Deployment", "StatefulSet"):
        assert taken_by(overlay, workload["spec"]["selector"]) == [workload["metadata"]["name"]]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_service_leads_to_its_own_pods_and_a_port_that_they_have(overlay: str) -> None:
    services = of_kind(overlay, "Service")
    assert {s["metadata"]["name"] for s in services} >= set(SERVICES)
    for service in services:
        assert taken_by(overlay, {"matchLabels": service["spec"]["selector"]}) == [service["metadata"]["name"]]
        (target,) = (w for w in workloads(overlay) if w["metadata"]["name"] == service["metadata"]["name"])
        ports = {p["name"]: p["containerPort"] for c in pod_of(target)["containers"] for p in c.get("ports", ())}
        for port in service["spec"]["ports"]:
            assert ports[port["targetPort"]] == port["port"], label(service)
            assert port["targetPort"] != "ops", "metrics are for the monitoring alone"


@pytest.mark.parametrize("service", SERVICES)
def test_a_budget_keeps_one_and_lets_nodes_be_drained(service: str) -> None:
    budget = named("production", "PodDisruptionBudget", service)["spec"]
    assert taken_by("production", budget["selector"]) == [service]
    least = named("production", "ScaledObject", service)["spec"]["minReplicaCount"]
    assert 1 <= budget["minAvailable"] < least
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_a_budget_keeps_the_brokers_quorum() -> None:
    budget = named("production", "PodDisruptionBudget", "ombud-rabbitmq")["spec"]
    cluster = named("production", "RabbitmqCluster", "ombud-rabbitmq")
    # The operator labels its pods with the name of the cluster.
    assert budget["selector"] == {"matchLabels": {"app.kubernetes.io/name": cluster["metadata"]["name"]}}
    nodes, away = cluster["spec"]["replicas"], budget["maxUnavailable"]
    assert nodes - away > nodes / 2


@pytest.mark.parametrize("service", SERVICES)
def test_keda_scales_by_every_queue_and_never_to_nothing(service: str) -> None:
    scaled = named("production", "ScaledObject", service)["spec"]
    assert scaled["scaleTargetRef"] == {"name": service}
    assert scaled["minReplicaCount"] >= 2
    assert "idleReplicaCount" not in scaled
    assert scaled["maxReplicaCount"] > scaled["minReplicaCount"]
    looked_at = {t["metadata"]["queueName"] for t in scaled["triggers"] if t["type"] == "rabbitmq"}
    # What failed is not more work for more hands: the queues of dead letters and of failures are left out.
    work = {q.name for q in QUEUES if q.consumer == service and q.source not in (DEAD_LETTERS_EXCHANGE, "notify")}
    own = {q.name for q in QUEUES if q.consumer == service and (service, q.source) == ("escalation", "notify")}
    assert looked_at == work | own


@pytest.mark.parametrize("service", SERVICES)
def test_keda_scales_by_the_age_of_the_outbox(service: str) -> None:
    triggers = named("production", "ScaledObject", service)["spec"]["triggers"]
    (query,) = (t["metadata"]["query"] for t in triggers if t["type"] == "prometheus")
    (series,) = backlog.OUTBOX_AGE.describe()
    assert f'{series.name}{{service="{service}"}}' in query


def test_nobody_else_sets_the_number_of_replicas() -> None:
    assert of_kind("production", "HorizontalPodAutoscaler") == []
    for deployment in of_kind("production", "Deployment"):
        assert "replicas" not in deployment["spec"], "each apply would set back what KEDA did"


def test_the_monitor_looks_at_each_service() -> None:
    monitor = named("production", "PodMonitor", "ombud")
    assert taken_by("production", monitor["spec"]["selector"]) == sorted(SERVICES)
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint["path"]) == ("ops", "/metrics")


def test_the_monitors_look_at_broker_and_database() -> None:
    (broker,), (database,) = of_kind("production", "RabbitmqCluster"), of_kind("production", "Cluster")
    looked_at = {
        m["metadata"]["name"]: m["spec"]["selector"]["matchLabels"] for m in of_kind("production", "PodMonitor")
    }
    # By the labels that the operators put on their pods.
    assert looked_at["ombud-rabbitmq"] == {"app.kubernetes.io/name": broker["metadata"]["name"]}
    assert looked_at["ombud-database"]["cnpg.io/cluster"] == database["metadata"]["name"]


def test_what_is_scraped_has_the_label_by_which_the_rules_go() -> None:
    """`service`, as the targets of deploy/monitoring have it."""
    given = {}
    for monitor in of_kind("production", "PodMonitor"):
        for endpoint in monitor["spec"]["podMetricsEndpoints"]:
            (label_,) = (r for r in endpoint["relabelings"] if r["targetLabel"] == "service")
            given[monitor["metadata"]["name"]] = label_.get("replacement") or label_["sourceLabels"]
    assert given == {
        "ombud": ["__meta_kubernetes_pod_label_app_kubernetes_io_name"],
        "ombud-rabbitmq": "rabbitmq",
        "ombud-database": "database",
    }


def test_the_outside_comes_by_tls_only_and_to_what_is_for_it() -> None:
    (ingress,) = of_kind("production", "Ingress")
    (tls,) = ingress["spec"]["tls"]
    assert tls["secretName"]
    assert sorted(tls["hosts"]) == sorted(rule["host"] for rule in ingress["spec"]["rules"])
    doors = {
        (path["backend"]["service"]["name"], path["path"])
        for rule in ingress["spec"]["rules"]
        for path in rule["http"]["paths"]
    }
    for service, _ in doors:
        assert named("production", "Service", service)
    # Dead letters hold what customers wrote, and the rest of the API is for operators.
    assert not [path for _, path in doors if path in ("/", "/v1")]
    for hidden in ("dead-letters", "policy", "summary", "supervisors", "agents", "contacts"):
        assert not [path for _, path in doors if path.startswith(f"/v1/{hidden}")], hidden
    assert "routing" not in {service for service, _ in doors}


def test_the_largest_webhook_gets_through_the_ingress() -> None:
    (ingress,) = of_kind("production", "Ingress")
    allowed = ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"]
    assert allowed == f"{MAX_WEBHOOK_BYTES // 2**20}m"


def test_the_database_has_a_role_for_each_service_and_room_for_all_replicas() -> None:
    (cluster,) = of_kind("production", "Cluster")
    roles = {r["name"]: r["passwordSecret"]["name"] for r in cluster["spec"]["managed"]["roles"]}
    assert roles == {f"ombud_{service}": f"ombud-{service}-database" for service in SERVICES}
    assert not any(r.get("superuser") or r.get("createdb") for r in cluster["spec"]["managed"]["roles"])
    most = sum(r["spec"]["maxReplicaCount"] for r in of_kind("production", "ScaledObject"))
    pool, rolling, kept = 10, len(SERVICES), 10  # shared/database/engines.py; one more of each while a version comes
    assert int(cluster["spec"]["postgresql"]["parameters"]["max_connections"]) >= (most + rolling) * pool + kept
    synchronous = cluster["spec"]["postgresql"]["synchronous"]
    assert 1 <= synchronous["number"] < cluster["spec"]["instances"] - 1, "one may be away, and writing goes on"
    (backup,) = of_kind("production", "ScheduledBackup")
    assert backup["spec"]["cluster"] == {"name": cluster["metadata"]["name"]}


def test_no_file_of_a_folder_is_forgotten() -> None:
    """What lies beside a kustomization is named in it; `placeholders.py` and the like are no YAML."""
    for kustomization in K8S.rglob("kustomization.yaml"):
        told = kustomization.read_text()
        beside = {p.name for p in kustomization.parent.glob("*.yaml")} - {kustomization.name}
        assert [name for name in sorted(beside) if not re.search(rf"\b{re.escape(name)}\b", told)] == [], kustomization
