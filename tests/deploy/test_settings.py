"""Every variable in the pods exists, each needed one is given, secrets are referred to, the settings take it all."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from shared.contracts.topology import SERVICES
from tests.architecture.source import PROJECT
from tests.architecture.test_configuration import NEEDED, READ
from tests.deploy.rendered import K8S, OVERLAYS, Resource, config_map, label, named, of_kind, pod_of, rendered

ALSO_NEEDED = {
    "intake": {"OMBUD_DATABASE_URL", "OMBUD_API_TOKENS"},
    "routing": {"OMBUD_DATABASE_URL", "OMBUD_API_TOKENS"},
    "escalation": {"OMBUD_DATABASE_URL", "OMBUD_API_TOKENS", "OMBUD_LINK_KEYS", "OMBUD_PUBLIC_URL"},
    "notify": {
        *("OMBUD_DATABASE_URL", "OMBUD_API_TOKENS", "OMBUD_LINK_KEYS", "OMBUD_PUBLIC_URL", "OMBUD_SMTP_URL"),
        *("OMBUD_MAIL_FROM", "OMBUD_LAST_RESORT"),
    },
}
SECRET = re.compile(r"URI|DATABASE_URL|TOKEN|KEYS|SECRET|PASSWORD|SMTP_URL|SMS_URL|HEARTBEAT_URL")
REFERENCE = re.compile(r"\$\((\w+)\)")
# What stands in for a secret, by its key; a form that the settings take.
STAND_IN = {
    "api-tokens": "somebody:operator:" + "0" * 64,
    "link-keys": "x" * 40,
    "smtp-url": "smtp://mail.example.org:25",
    "last-resort": "boss@example.org",
    "username": "somebody",
    "password": "opensesame",
}


def container_of(overlay: str, kind: str, name: str) -> Resource:
    found: Resource = pod_of(named(overlay, kind, name))["containers"][0]
    wanted = [c for c in pod_of(named(overlay, kind, name))["containers"] if c["name"] == "service"]
    return wanted[0] if wanted else found


def value_of(overlay: str, entry: Resource, before: dict[str, str]) -> str | None:
    if "value" in entry:
        return REFERENCE.sub(lambda found: before[found[1]], entry["value"])
    ((kind, reference),) = entry["valueFrom"].items()
    if kind == "configMapKeyRef":
        return config_map(overlay, reference["name"])[reference["key"]]
    assert kind == "secretKeyRef"
    return None if reference.get("optional") else STAND_IN[reference["key"]]


def environment(overlay: str, service: str) -> dict[str, str]:
    """The variables as the process sees them; as Kubernetes does it, `$(NAME)` sees only what stands before it."""
    container = container_of(overlay, "Deployment", service)
    seen: dict[str, str] = {}
    for entry in container["env"]:
        if (value := value_of(overlay, entry, seen)) is not None:
            seen[entry["name"]] = value
    return {**config_map(overlay, container["envFrom"][0]["configMapRef"]["name"]), **seen}


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_every_variable_is_read_by_somebody(overlay: str, service: str) -> None:
    container = container_of(overlay, "Deployment", service)
    own = {e["name"] for e in container["env"] if e["name"].startswith("OMBUD_")}
    assert sorted(own - READ[service].keys()) == [], "not read by this service"
    everywhere = set(config_map(overlay, container["envFrom"][0]["configMapRef"]["name"]))
    assert sorted(everywhere - {name for asked in READ.values() for name in asked}) == [], "read by no service"


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_every_needed_variable_is_given(overlay: str, service: str) -> None:
    needed = {name for name, default in READ[service].items() if default is NEEDED}
    needed |= ALSO_NEEDED[service] if overlay == "production" else set()
    given = {name for name, value in environment(overlay, service).items() if value}
    assert needed and sorted(needed - given) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_the_settings_take_what_the_pod_gives(
    overlay: str, service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("broker.crt", "database.crt"):
        trustme.CA().cert_pem.write_to_path(tmp_path / name)
    for name, value in environment(overlay, service).items():
        local = value.replace("/etc/ombud/ca", str(tmp_path)).replace("/etc/ombud/policies", str(K8S / "base/policies"))
        monkeypatch.setenv(name, local)
    settings: Any = importlib.import_module(f"services.{service}.settings").read()
    assert settings.common.host == "0.0.0.0"
    assert settings.common.database_url.startswith("postgresql+psycopg2://somebody:opensesame@")
    assert "$(" not in settings.common.database_url
    if overlay == "production":
        assert f"sslmode=verify-full&sslrootcert={tmp_path}/database.crt" in settings.common.database_url
        assert settings.common.public_url == "https://cases.ombud.example"
        assert settings.common.declares_topology is False, "its user may make no queues"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_references_are_to_what_stands_before_them(overlay: str) -> None:
    for workload in of_kind(overlay, "Deployment", "Job"):
        before: set[str] = set()
        for entry in pod_of(workload)["containers"][0].get("env", ()):
            assert set(REFERENCE.findall(entry.get("value", ""))) <= before, f"{label(workload)}: {entry['name']}"
            before.add(entry["name"])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_secrets_come_by_reference(overlay: str) -> None:
    assert of_kind(overlay, "Secret") == []
    for workload in of_kind(overlay, "Deployment", "Job", "StatefulSet"):
        for entry in (e for c in pod_of(workload)["containers"] for e in c.get("env", ())):
            if SECRET.search(entry["name"]) and "value" in entry:
                without = REFERENCE.sub("", entry["value"])
                assert not re.search(r"\w+:\w+@", without) and "$(" in entry["value"], f"{label(workload)}: {entry}"


def test_no_file_holds_a_secret() -> None:
    shapes = re.compile(
        r"://[^\s$:@/]+:[^\s\\$@/]+@|PRIVATE KEY-----|xox[bp]-\w{6}|whsec_\w{6}|kind: Secret|secretGenerator|"
        r"(?i:password|secret|token): ['\"]?\w{12,}"
    )
    files = [path for path in K8S.rglob("*") if path.is_file()]
    assert len(files) > 20
    assert [f"{p}: {found[0]}" for p in files for found in [shapes.search(p.read_text())] if found] == []


def references(overlay: str) -> Iterator[tuple[str, str]]:
    """(secret, key) of all that the rendered resources refer to."""
    for resource in rendered(overlay):
        yield from _references(resource)


def _references(node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, list):
        for each in node:
            yield from _references(each)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key in ("secretKeyRef", "accessKeyId", "secretAccessKey"):
            yield value["name"], value["key"]
        elif key == "secretTargetRef":
            yield from ((each["name"], each["key"]) for each in value)
        elif key == "secret" and "key" in value:
            yield value["name"], value["key"]
        elif key == "secret" and "items" in value:
            yield from ((value["name"], each["key"]) for each in value["items"])
        elif key in ("importCredentialsSecret", "passwordSecret") or (key == "secret" and "name" in value):
            yield from ((value["name"], part) for part in ("username", "password"))
        elif key in ("secretName", "caSecretName"):
            yield from ((value, part) for part in ("tls.crt", "tls.key") if key == "secretName")
        else:
            yield from _references(value)


def test_the_page_names_every_secret_with_its_keys() -> None:
    _, _, rest = (K8S / "README.md").read_text().partition("\n## Secrets\n")
    rows = re.findall(r"^\| (`.+?) \| (`.+?) \| .+ \|$", rest.partition("\n## ")[0], re.MULTILINE)
    told = {
        (secret, key)
        for secrets, keys in rows
        for secret in re.findall(r"`(.+?)`", secrets)
        for key in re.findall(r"`(.+?)`", keys)
    }
    assert sorted(told ^ set(references("production"))) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", ["routing", "escalation", "notify"])
def test_the_policy_is_mounted_where_the_service_looks_and_so_that_a_change_arrives(overlay: str, service: str) -> None:
    container = container_of(overlay, "Deployment", service)
    folder, _, file = environment(overlay, service)[f"OMBUD_{service.upper()}_POLICY"].rpartition("/")
    (mount,) = (m for m in container["volumeMounts"] if m["mountPath"] == folder)
    assert "subPath" not in mount, "what is mounted so never changes"
    (volume,) = (v for v in pod_of(named(overlay, "Deployment", service))["volumes"] if v["name"] == mount["name"])
    name = volume["configMap"]["name"]
    assert name == "ombud-policies", "with a hash each change would be a rollout"
    assert config_map(overlay, name)[file] == (PROJECT / "services" / service / "policy.yml").read_text()


def test_migrations_run_for_every_service_and_know_its_role() -> None:
    job = pod_of(named("production", "Job", "migrate"))["containers"][0]
    (line,) = job["args"]
    listed = re.match(r"for each in (.+?); do ombud migrate \"\$each\" --grant \"ombud_\$each\"; done$", line)
    assert listed and tuple(listed[1].split()) == SERVICES
    (cluster,) = of_kind("production", "Cluster")
    owner = next(e for e in job["env"] if e["name"] == "DATABASE_USER")["valueFrom"]["secretKeyRef"]["name"]
    assert owner == cluster["spec"]["bootstrap"]["initdb"]["secret"]["name"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_migrations_can_go_ahead_with_all_that_they_need(overlay: str) -> None:
    """`kubectl apply -l ombud/step=migrate`: else the Job would wait for what comes after it."""
    assert "kubectl apply -f ombud.yaml -l ombud/step=migrate\n" in (K8S / "README.md").read_text()
    ahead = {(r["kind"], r["metadata"]["name"]) for r in rendered(overlay) if _goes_ahead(r)}
    pod = pod_of(named(overlay, "Job", "migrate"))
    entries = [e["valueFrom"] for e in pod["containers"][0]["env"] if "valueFrom" in e]
    maps = {("ConfigMap", e["configMapKeyRef"]["name"]) for e in entries if "configMapKeyRef" in e}
    own = {("Job", "migrate"), ("ServiceAccount", pod["serviceAccountName"]), ("NetworkPolicy", "migrate")}
    assert maps and ahead == maps | own


def _goes_ahead(resource: Resource) -> bool:
    return bool(resource["metadata"].get("labels", {}).get("ombud/step") == "migrate")


def test_a_custom_authority_is_mounted_where_the_addresses_say() -> None:
    container = container_of("production", "Deployment", "intake")
    addresses = environment("production", "intake")
    asked = {f for value in addresses.values() for f in re.findall(r"(?:cacertfile|sslrootcert)=([^&\s]+)", value)}
    (volume,) = (
        v for v in pod_of(named("production", "Deployment", "intake"))["volumes"] if v["name"] == "authorities"
    )
    (mount,) = (m for m in container["volumeMounts"] if m["name"] == "authorities")
    given = {f"{mount['mountPath']}/{i['path']}" for s in volume["projected"]["sources"] for i in s["secret"]["items"]}
    assert asked == given
    # Never the key beside it.
    assert {i["key"] for s in volume["projected"]["sources"] for i in s["secret"]["items"]} == {"ca.crt"}
