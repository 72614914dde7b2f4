"""deploy/compose.yml, as compose reads it: locked up, bounded, in order, with settings that the services take."""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.contracts.permissions import USERS
from shared.contracts.topology import SERVICES
from shared.settings import PORTS
from tests.architecture.source import PROJECT
from tests.architecture.test_configuration import NEEDED, READ, options_of
from tests.deploy.composed import (
    COMPOSE,
    answer_of_compose,
    composed,
    draw_secrets,
    is_once,
    lasting,
    lines_of,
    mounts,
    services,
)
from tests.deploy.test_pods import AT_WORK, BATCH, HAND_OFF_LEASE
from tests.harness.monitoring import MonitoringPrograms

OURS = (*SERVICES, "migrate", "topology", "ombud")
FOLDER = PROJECT / "deploy" / "compose"
SECONDS = re.compile(r"(?:(\d+)m)?(?:(\d+)s)?")


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    draw_secrets(folder)
    return folder


def seconds(text: str) -> int:
    minutes, rest = SECONDS.fullmatch(text).groups()  # type: ignore[union-attr]
    return 60 * int(minutes or 0) + int(rest or 0)


def test_compose_itself_takes_the_file() -> None:
    assert set(SERVICES) < set(services())


def test_a_misspelt_key_would_be_seen(tmp_path: Path) -> None:
    """The check above is one: compose refuses what it does not know."""
    (tmp_path / "compose.yml").write_text("services: {a: {image: b, helthcheck: {}}}\n")
    done = answer_of_compose(tmp_path / "compose.yml", "-q")
    assert "helthcheck" in done.stderr


def test_every_image_has_a_version() -> None:
    for name, service in services().items():
        if name in {*OURS, "secrets"}:
            assert service["image"] == "ombud:local", name
        else:
            assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?", service["image"]), service[
                "image"
            ]


def test_the_image_is_built_here_once_by_our_dockerfile() -> None:
    built = {name: s["build"] for name, s in services().items() if "build" in s}
    (build,) = built.values()
    assert Path(build["context"]) == PROJECT
    assert (PROJECT / build["dockerfile"]).samefile(PROJECT / "deploy" / "Dockerfile")


def test_every_port_is_on_this_machine_only_and_none_is_given_out_twice() -> None:
    ports = [port for service in services().values() for port in service.get("ports", ())]
    assert len(ports) >= 8
    assert {port.get("host_ip") for port in ports} == {"127.0.0.1"}
    assert len({port["published"] for port in ports}) == len(ports)


def test_a_port_is_on_a_network_that_leads_out() -> None:
    inside = {name for name, network in composed()["networks"].items() if network.get("internal")}
    assert {"broker", "database"} <= inside
    for name, service in services().items():
        if service.get("ports"):
            assert set(service["networks"]) - inside, f"{name}: the engine opens no port of a closed network"


def test_the_database_can_be_reached_from_nowhere_else() -> None:
    assert set(services()["database"]["networks"]) == {"database"} and "ports" not in services()["database"]


def test_waiting_is_for_what_is_ready_or_has_ended() -> None:
    for name, service in services().items():
        for other, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if is_once(services()[other]) else "service_healthy"
            assert (how["condition"], how["required"]) == (wanted, True), f"{name} waits for {other}"


def before(name: str) -> set[str]:
    """All that has to be there before this one starts."""
    direct = set(services()[name].get("depends_on", {}))
    return direct.union(*(before(other) for other in direct))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_when_its_schema_its_queues_and_its_secrets_are_there(service: str) -> None:
    assert before(service) == {"migrate", "roles", "database", "topology", "broker", "secrets"}


def test_whoever_lasts_is_watched_started_again_and_bounded() -> None:
    for name, service in lasting().items():
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"][0] == "CMD", name
    for name, service in services().items():
        limits = service["deploy"]["resources"]["limits"]
        assert limits.keys() >= {"cpus", "memory", "pids"}, name
        assert name in {"broker", "database"} or "cap_add" not in service or name == "secrets", name
        assert service["cap_drop"] == ["ALL"] and service["security_opt"] == ["no-new-privileges:true"], name
        assert service["logging"]["options"]["max-size"], f"{name} would fill the disk"


def test_all_but_broker_and_database_have_a_root_that_cannot_be_written() -> None:
    assert {name for name, service in services().items() if not service.get("read_only")} == {"broker", "database"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_asked_on_its_own_port_and_can_be_reached_on_both(service: str) -> None:
    port, ops_port = PORTS[service]
    assert f"http://127.0.0.1:{ops_port}/readyz" in services()[service]["healthcheck"]["test"][-1]
    assert {(int(p["published"]), p["target"]) for p in services()[service]["ports"]} == {
        (port, port),
        (ops_port, ops_port),
    }
    assert services()[service]["command"] == ["serve", service]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_the_time_to_end_and_the_memory_that_it_needs(service: str) -> None:
    longest = HAND_OFF_LEASE if service == "notify" else BATCH
    assert seconds(services()[service]["stop_grace_period"]) >= (longest + BATCH).total_seconds()
    unpacked = 128 * 2**20 if service == "intake" else 0  # its model, for a moment in /tmp, which counts as memory
    limit = int(services()[service]["deploy"]["resources"]["limits"]["memory"])
    assert limit >= 2 * AT_WORK[service] * 1e6 + unpacked


@pytest.mark.parametrize("name", OURS)
def test_the_first_process_gets_the_signals(name: str) -> None:
    words = services()[name]["entrypoint"]
    assert words[:2] == ["/bin/sh", "-ec"] and words[2].startswith("set -a; . /run/ombud/env; set +a")
    if name != "migrate":
        assert words[2].endswith('exec ombud "$$@"') or words[2].endswith('exec ombud "$@"')


def test_each_sees_its_own_secrets_and_no_other() -> None:
    seen = {
        name: {m["source"] for m in mounts(service, "volume").values() if m["source"].startswith("secrets-")}
        for name, service in services().items()
        if name != "secrets"
    }
    own = {name: {f"secrets-{name}"} for name in (*OURS, "grafana", "broker", "database", "roles")}
    assert {name: found for name, found in seen.items() if found} == own
    for service in services().values():
        for mount in mounts(service, "volume").values():
            assert not mount["source"].startswith("secrets-") or mount.get("read_only") or "cap_add" in service


def test_the_drawer_of_secrets_has_a_volume_for_each_and_no_network(secrets: Path) -> None:
    drawer = services()["secrets"]
    assert drawer["network_mode"] == "none"
    assert {f"/secrets/{path.name}" for path in secrets.iterdir()} == set(mounts(drawer, "volume"))


def test_files_that_are_mounted_are_there_and_cannot_be_written() -> None:
    for name, service in services().items():
        for mount in mounts(service, "bind").values():
            assert Path(mount["source"]).exists() and mount["read_only"], f"{name}: {mount['source']}"


def environment(service: str, secrets: Path) -> dict[str, str]:
    return {**services()[service]["environment"], **lines_of(secrets / service / "env")}


@pytest.mark.parametrize("service", SERVICES)
def test_every_variable_is_read_and_every_needed_one_is_given(service: str, secrets: Path) -> None:
    given = environment(service, secrets)
    # The keys of links are drawn for all, as routing and intake may read them, too.
    assert sorted(given.keys() - READ[service].keys()) == []
    assert sorted({name for name, default in READ[service].items() if default is NEEDED} - given.keys()) == []
    also = {"OMBUD_DATABASE_URL", "OMBUD_API_TOKENS", "OMBUD_LINK_KEYS"}
    assert all(given[name] for name in also)


@pytest.mark.parametrize("service", SERVICES)
def test_the_settings_take_what_the_container_gives(
    service: str, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = mounts(services()[service], "bind").get("/etc/ombud/policies")
    for name, value in environment(service, secrets).items():
        outside = value.replace("/etc/ombud/policies", policies["source"]) if policies else value
        monkeypatch.setenv(name, outside)
    settings = importlib.import_module(f"services.{service}.settings").read()
    assert settings.common.host == "0.0.0.0"
    assert settings.common.declares_topology is False
    assert settings.common.database_url.startswith(f"postgresql+psycopg2://ombud_{service}:")
    assert settings.common.amqp_uri.startswith(f"amqp://ombud-{service}:")


def test_variables_of_the_command_line_exist() -> None:
    from ombud.commands import cli

    known = {variable for variable, _ in options_of(cli)}
    assert set(services()["ombud"]["environment"]) <= known


def test_hosts_that_are_named_share_a_network_with_whoever_names_them(secrets: Path) -> None:
    named = {("prometheus", t.split(":")[0]) for t in targets()} | {("alertmanager", "mail"), ("grafana", "prometheus")}
    for name in OURS:
        given = {**services()[name].get("environment", {}), **lines_of(secrets / name / "env")}
        urls = " ".join(value for key, value in given.items() if key != "OMBUD_PUBLIC_URL")
        named |= {(name, host) for host in re.findall(r"(?:@|://)([a-z]+):\d+", urls)}
    assert ("intake", "broker") in named and ("notify", "mail") in named and ("ombud", "routing") in named
    for one, other in sorted(named):
        assert set(services()[one]["networks"]) & set(services()[other]["networks"]), f"{one} does not see {other}"


def targets() -> dict[str, str]:
    """Each address that Prometheus asks, with the service that it is said to be."""
    files = sorted((FOLDER / "targets").glob("*.yml"))
    entries: list[Any] = [entry for file in files for entry in yaml.safe_load(file.read_text())]
    return {t: entry.get("labels", {}).get("service", "") for entry in entries for t in entry["targets"]}


def test_prometheus_asks_every_service_where_it_answers() -> None:
    wanted = {f"{service}:{PORTS[service][1]}": service for service in SERVICES}
    assert targets() == wanted | {"broker:15692": "rabbitmq", "alertmanager:9093": ""}
    usual = {file.name for file in (PROJECT / "deploy/monitoring/targets").iterdir()}
    assert {file.name for file in (FOLDER / "targets").iterdir()} == usual, "prometheus.yml reads each of them"


def test_alertmanager_takes_its_file(monitoring: MonitoringPrograms) -> None:
    done = monitoring.amtool_says("check-config", FOLDER / "alertmanager.yml")
    assert done.returncode == 0, done.stdout


def test_grafana_looks_into_the_folder_that_is_mounted() -> None:
    (provider,) = yaml.safe_load((FOLDER / "grafana/dashboards/ombud.yml").read_text())["providers"]
    mount = mounts(services()["grafana"], "bind")[provider["options"]["path"]]
    assert Path(mount["source"]) == PROJECT / "deploy/grafana/dashboards"


def test_no_file_holds_a_secret() -> None:
    shapes = re.compile(r"://[^\s$:@/%]+:[^\s\\$@/%]+@|(?i:password|secret|token)['\"]?: ['\"]?[0-9a-f]{12,}")
    files = [COMPOSE, *(path for path in FOLDER.rglob("*") if path.is_file())]
    assert len(files) > 8
    assert [f"{p}: {found[0]}" for p in files for found in [shapes.search(p.read_text())] if found] == []


def test_the_broker_gets_every_user_that_something_logs_in_as(secrets: Path) -> None:
    users = {user["name"] for user in json.loads((secrets / "broker/definitions.json").read_text())["users"]}
    assert users == {user.name for user in USERS}
    told = (FOLDER / "rabbitmq.conf").read_text()
    folder = next(target for target, m in mounts(services()["broker"], "volume").items() if "secrets" in m["source"])
    assert f"load_definitions = {folder}/definitions.json\n" in told
