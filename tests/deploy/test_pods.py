"""Each pod is as locked up as `restricted` asks, watched, bounded, spread, and given the time to end what it began."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from services.notify.senders.sending import HAND_OFF_LEASE
from shared.contracts.topology import SERVICES
from shared.settings import PORTS
from tests.deploy.rendered import (
    K8S,
    OVERLAYS,
    config_map,
    containers,
    label,
    labels_of,
    named,
    of_kind,
    pod_of,
    rendered,
    selects,
    text_of,
    workloads,
)

# A statement of the database may take 12 s, and the confirms of the broker 5 s: a batch that has begun ends within it.
BATCH = timedelta(seconds=17)
UNITS = {"m": 0.001, "": 1.0, "Mi": 2.0**20, "Gi": 2.0**30}
# What each used at work, in MB (README.md, "Measured").
AT_WORK = {"intake": 166, "routing": 80, "escalation": 90, "notify": 105}


def amount(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(\w*)", text).groups()  # type: ignore[union-attr]
    return float(number) * UNITS[unit]


def service_container(overlay: str, service: str) -> Mapping[str, Any]:
    found: list[Mapping[str, Any]] = pod_of(named(overlay, "Deployment", service))["containers"]
    return next(c for c in found if c["name"] == "service")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_namespace_is_restricted(overlay: str) -> None:
    (namespace,) = of_kind(overlay, "Namespace")
    labels = namespace["metadata"]["labels"]
    assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")} == {"restricted"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_are_restricted_and_know_nothing_of_the_cluster(overlay: str) -> None:
    for workload in workloads(overlay):
        pod, said = pod_of(workload), f"{overlay}: {label(workload)}"
        assert pod["securityContext"]["runAsNonRoot"] is True, said
        assert pod["securityContext"]["runAsUser"] >= 10000, said
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, said
        assert pod["automountServiceAccountToken"] is False, said
        assert not any(pod.get(shared) for shared in ("hostNetwork", "hostPID", "hostIPC")), said
        assert {next(k for k in volume if k != "name") for volume in pod.get("volumes", ())} <= {
            "emptyDir", "configMap", "projected"
        }, said  # fmt: skip


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_variable_is_set_by_the_name_of_a_service(overlay: str) -> None:
    """A Service called `ombud` would set OMBUD_PORT in every pod of its namespace."""
    for workload in workloads(overlay):
        assert pod_of(workload)["enableServiceLinks"] is False, label(workload)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_containers_are_restricted(overlay: str) -> None:
    for said, container in containers(overlay):
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False, said
        assert context["capabilities"] == {"drop": ["ALL"]}, said
        assert "privileged" not in context and "add" not in context["capabilities"], said


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_our_containers_write_to_bounded_folders_only(overlay: str) -> None:
    ours = [w for w in workloads(overlay) if w["kind"] != "StatefulSet"]
    for workload in ours:
        pod = pod_of(workload)
        for volume in pod["volumes"]:
            assert "emptyDir" not in volume or volume["emptyDir"]["sizeLimit"], label(workload)
        folders = {v["name"] for v in pod["volumes"] if "emptyDir" in v}
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, label(workload)
            for mount in container["volumeMounts"]:
                assert mount["name"] in folders or mount["readOnly"], f"{label(workload)}: {mount}"
    for service in SERVICES:  # Python's tempfile; intake unpacks its model there
        assert {"name": "tmp", "mountPath": "/tmp"} in service_container(overlay, service)["volumeMounts"]


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_listens_where_its_settings_say(overlay: str, service: str) -> None:
    container = service_container(overlay, service)
    assert {p["name"]: p["containerPort"] for p in container["ports"]} == dict(
        zip(("http", "ops"), PORTS[service], strict=True)
    )
    assert container["command"] == ["ombud", "serve", service]
    (settings,) = (each["configMapRef"]["name"] for each in container["envFrom"])
    assert config_map(overlay, settings)["OMBUD_HOST"] == "0.0.0.0"


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_watched_on_its_own_port(overlay: str, service: str) -> None:
    container = service_container(overlay, service)
    asked = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    health, ready = {"path": "/healthz", "port": "ops"}, {"path": "/readyz", "port": "ops"}
    # A database that is away must not have its services killed: only readiness asks for it.
    assert asked == {"startup": health, "liveness": health, "readiness": ready}
    # /readyz asks the database for up to 3 s, and is not to be cut off before it can say so.
    assert container["readinessProbe"]["timeoutSeconds"] > 3
    liveness = container["livenessProbe"]
    # /healthz says 503 from 10 s of lag on; one look must not be enough.
    assert liveness["periodSeconds"] * liveness["failureThreshold"] >= 20


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_lasting_container_is_watched(overlay: str) -> None:
    for workload in workloads(overlay):
        for container in pod_of(workload)["containers"] if workload["kind"] != "Job" else ():
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys(), label(workload)


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_time_to_end_what_it_began(overlay: str, service: str) -> None:
    pod = pod_of(named(overlay, "Deployment", service))
    pause = timedelta(seconds=service_container(overlay, service)["lifecycle"]["preStop"]["sleep"]["seconds"])
    longest = HAND_OFF_LEASE if service == "notify" else BATCH
    grace = timedelta(seconds=pod["terminationGracePeriodSeconds"])
    assert pause >= timedelta(seconds=5)
    # And as much again as a batch, to write down what became of it.
    assert grace >= pause + longest + BATCH


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_container_asks_for_what_it_needs_and_gets_no_more(overlay: str) -> None:
    for said, container in containers(overlay):
        asked, most = container["resources"]["requests"], container["resources"]["limits"]
        for kind in ("cpu", "memory"):
            assert 0 < amount(asked[kind]) <= amount(most[kind]), f"{said}: {kind}"


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_memory_is_what_was_measured_and_some_more(overlay: str, service: str) -> None:
    resources, measured = service_container(overlay, service)["resources"], AT_WORK[service] * 1e6
    assert measured * 1.15 <= amount(resources["requests"]["memory"]) <= measured * 1.5
    assert amount(resources["limits"]["memory"]) >= 2 * measured
    assert f"| {service} | {AT_WORK[service]} |" in (K8S / "README.md").read_text(), "the page says another figure"


@pytest.mark.parametrize("service", SERVICES)
def test_replicas_are_kept_apart(service: str) -> None:
    deployment = named("production", "Deployment", service)
    pod = pod_of(deployment)
    (term,) = pod["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert term["podAffinityTerm"]["topologyKey"] == "kubernetes.io/hostname"
    others = {s for s in SERVICES if selects(term["podAffinityTerm"]["labelSelector"], _labels(s))}
    assert others == {service}
    (spread,) = pod["topologySpreadConstraints"]
    assert spread["topologyKey"] == "topology.kubernetes.io/zone"
    assert selects(spread["labelSelector"], _labels(service))
    assert "app.kubernetes.io/name" in spread["matchLabelKeys"]


def _labels(service: str) -> Mapping[str, str]:
    return labels_of(named("production", "Deployment", service))


@pytest.mark.parametrize("service", SERVICES)
def test_the_old_ones_stay_until_the_new_ones_are_ready(service: str) -> None:
    strategy = named("production", "Deployment", service)["spec"]["strategy"]
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def test_images_in_production_are_pinned_by_digest() -> None:
    images = re.findall(r"^\s*-?\s*(?:image|imageName): (\S+)$", text_of(K8S / "overlays" / "production"), re.MULTILINE)
    assert len(images) == 7  # four services, migrations, broker, database
    for image in images:
        assert re.fullmatch(r"[^@\s]+@sha256:[0-9a-f]{64}", image), image


def test_all_of_ombud_is_one_image() -> None:
    assert len({c["image"] for _, c in containers("production")}) == 1


def test_images_of_the_local_cluster_have_a_version() -> None:
    for said, container in containers("local"):
        _, _, tag = container["image"].partition(":")
        assert tag and tag != "latest", said


def test_the_image_of_the_local_cluster_is_the_one_that_the_page_builds() -> None:
    ours = {c["image"] for said, c in containers("local") if "StatefulSet" not in said}
    (built,) = re.findall(r"docker build .*-t (\S+)", (K8S / "README.md").read_text())
    assert ours == {built}


def test_nothing_of_the_shared_patch_is_lost_on_the_way() -> None:
    """Every kind of pod there is was looked at above."""
    made = {r["kind"] for overlay in OVERLAYS for r in rendered(overlay) if "template" in r.get("spec", {})}
    assert made <= {"Deployment", "Job", "StatefulSet"}
