"""Who may talk to whom is what the table of deploy/k8s/README.md says, opened on both sides, and nothing else."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from shared.contracts.topology import SERVICES
from tests.deploy.rendered import (
    K8S,
    OVERLAYS,
    Resource,
    config_map,
    label,
    labels_of,
    named,
    of_kind,
    pod_of,
    rendered,
    selects,
    workloads,
)

Flow = tuple[str, str, str]  # from, to, port
ALL = "all"
# The operators put these on what they make (cluster.yaml of each component).
MADE_BY_OPERATORS = {"broker": {"ombud/peer": "broker"}, "database": {"ombud/peer": "database"}}


def ends(overlay: str) -> dict[str, Mapping[str, str]]:
    """Every kind of pod in the namespace, with its labels."""
    ours = {w["metadata"]["name"]: labels_of(w) for w in workloads(overlay)}
    return ours if overlay == "local" else ours | MADE_BY_OPERATORS


def chosen(overlay: str, selector: Resource) -> list[str]:
    if not selector:
        return [ALL]
    found = [name for name, labels in ends(overlay).items() if selects(selector, labels)]
    assert found, f"{selector} selects nobody"
    return found


def peers(overlay: str, peer: Resource) -> list[str]:
    if "ipBlock" in peer:
        assert peer["ipBlock"]["cidr"] == "0.0.0.0/0"
        return ["internet" if "10.0.0.0/8" in peer["ipBlock"].get("except", ()) else "anywhere"]
    if "namespaceSelector" in peer:
        assert "podSelector" not in peer
        return [f"namespace {peer['namespaceSelector']['matchLabels']['kubernetes.io/metadata.name']}"]
    return chosen(overlay, peer["podSelector"])


def port_of(port: Resource) -> str:
    last = f"-{port['endPort']}" if "endPort" in port else ""
    return f"{port['port']}{last}"


def rules(overlay: str, way: str, other: str) -> Iterator[tuple[str, str, str]]:
    """(end, peer, port) of each rule in that direction."""
    for policy in of_kind(overlay, "NetworkPolicy"):
        for rule in policy["spec"].get(way, ()):
            assert rule.get(other) and rule.get("ports"), f"{label(policy)}: a rule without peers or ports opens all"
            for end in chosen(overlay, policy["spec"]["podSelector"]):
                for peer in (name for each in rule[other] for name in peers(overlay, each)):
                    yield from ((end, peer, port_of(port)) for port in rule["ports"])


def going_out(overlay: str) -> set[Flow]:
    return set(rules(overlay, "egress", "to"))


def coming_in(overlay: str) -> set[Flow]:
    return {(peer, end, port) for end, peer, port in rules(overlay, "ingress", "from")}


def table() -> set[Flow]:
    _, _, rest = (K8S / "README.md").read_text().partition("\n## Who talks to whom\n")
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| .+ \|$", rest.partition("\n## ")[0], re.MULTILINE)[1:]
    return {
        (source, target, port)
        for sources, targets, ports in rows
        for source in sources.split(", ")
        for target in targets.split(", ")
        for port in ports.split(", ")
    }


def test_the_graph_is_what_the_page_says() -> None:
    told, found = table(), going_out("production") | coming_in("production")
    assert len(told) > 30
    assert sorted(found - told) == [], "opened, and not on the page"
    assert sorted(told - found) == [], "on the page, and not opened"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_way_inside_is_opened_on_both_sides(overlay: str) -> None:
    inside = ends(overlay).keys()
    out = {f for f in going_out(overlay) if f[1] in inside}
    into = {f for f in coming_in(overlay) if f[0] in inside}
    assert sorted(out ^ into) == []
    assert out


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_nobody_opened_is_closed(overlay: str) -> None:
    denied = named(overlay, "NetworkPolicy", "default-deny")["spec"]
    assert denied == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for policy in of_kind(overlay, "NetworkPolicy"):
        assert policy["spec"]["policyTypes"] in (["Ingress", "Egress"], ["Egress"]), label(policy)
    has_own = {name for p in of_kind(overlay, "NetworkPolicy") for name in chosen(overlay, p["spec"]["podSelector"])}
    assert has_own == {ALL, *ends(overlay)}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_services_never_call_each_other(overlay: str) -> None:
    between = [f for f in going_out(overlay) | coming_in(overlay) if f[0] in SERVICES and f[1] in SERVICES]
    assert between == []


def test_only_who_asks_outside_may_go_there_and_never_into_private_networks() -> None:
    outside = {source for source, target, _ in going_out("production") if target == "internet"}
    assert outside == {"intake", "notify"}
    anywhere = {source for source, target, _ in going_out("production") if target == "anywhere"}
    assert anywhere == {"broker", "database"}
    for policy in (named("production", "NetworkPolicy", name) for name in sorted(outside)):
        (block,) = (t["ipBlock"] for r in policy["spec"]["egress"] for t in r["to"] if "ipBlock" in t)
        # Private, shared, and what clouds tell their machines (169.254.169.254).
        wanted = {"10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"}
        assert set(block["except"]) == wanted


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_go_where_its_settings_send_it(overlay: str, service: str) -> None:
    """The ports of broker and database in the ConfigMap are those that the policies open."""
    addresses = config_map(overlay, address_book(overlay, service))
    for peer in ("broker", "database"):
        port = re.match(r"[\w-]+:(\d+)/?", addresses[peer])
        assert port and (service, peer, port[1]) in going_out(overlay), addresses[peer]


def address_book(overlay: str, service: str) -> str:
    env: list[dict[str, Any]] = next(
        c["env"] for c in pod_of(named(overlay, "Deployment", service))["containers"] if c["name"] == "service"
    )
    (name,) = {e["valueFrom"]["configMapKeyRef"]["name"] for e in env if "configMapKeyRef" in e.get("valueFrom", {})}
    return str(name)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_hosts_in_the_settings_exist(overlay: str) -> None:
    addresses = config_map(overlay, address_book(overlay, "intake"))
    hosts = {name: addresses[name].partition(":")[0] for name in ("broker", "database")}
    if overlay == "local":
        assert {r["metadata"]["name"] for r in of_kind(overlay, "Service")} >= set(hosts.values())
        return
    # The operators name their Services after the cluster; CloudNativePG adds what it is for.
    (broker,), (database,) = of_kind(overlay, "RabbitmqCluster"), of_kind(overlay, "Cluster")
    assert hosts == {"broker": broker["metadata"]["name"], "database": f"{database['metadata']['name']}-rw"}


def test_what_the_operators_make_carries_the_labels_of_the_policies() -> None:
    (broker,), (database,) = of_kind("production", "RabbitmqCluster"), of_kind("production", "Cluster")
    template = broker["spec"]["override"]["statefulSet"]["spec"]["template"]
    assert template["metadata"]["labels"] == MADE_BY_OPERATORS["broker"]
    assert database["spec"]["inheritedMetadata"]["labels"] == MADE_BY_OPERATORS["database"]
    assert rendered("production")
