"""The checks of what has an address: hosts, links, contacts, the management API, the services' own ports."""

import contextlib
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier

import pytest

from ombud.doctor import addresses, hosts, management, ports, settings
from ombud.doctor.finding import Finding, Gravity, fault
from ombud.local.ports import free_ports
from ombud.migrate.command import migrate_all, sqlite_url
from tests.unit.ombud.doctor.conftest import NOBODY, Provider, texts
from tests.unit.ombud.doctor.test_settings import USABLE


def test_a_host_is_called_and_asked_for_nothing(provider: Provider) -> None:
    assert texts(hosts.look(f"{provider.url}/secret-path", "the watcher", "look")) == []
    assert provider.asked == []


def test_a_host_that_takes_no_connection_is_named_without_its_path() -> None:
    (text,) = texts(hosts.look(f"{NOBODY}/secret-path", "the watcher", "look"))
    assert text.startswith(f"the watcher: {NOBODY.removeprefix('http://')} takes no connection")


@pytest.mark.parametrize("url", ["https://", "https://host:many/x", f"https://{'a' * 64}.example/x", "https://a..b/x"])
def test_an_address_that_is_none_is_named_without_what_it_says(url: str) -> None:
    assert texts(hosts.look(url, "the watcher", "look")) == ["the watcher: its address is none"]


def test_hosts_that_are_away_are_called_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate_all(lambda service: sqlite_url(tmp_path, service), ["notify"])
    with sqlite3.connect(tmp_path / "notify.sqlite") as connection:
        for number in range(3):
            connection.execute(
                "INSERT INTO contacts (person, name, language, timezone, channels, changed_at, addresses) "
                "VALUES (?, 'x', 'en', 'UTC', '[]', '2026-06-01 12:00:00', ?)",
                (f"p{number}", f'{{"webhook": "https://hook{number}.example/secret"}}'),
            )
    together = Barrier(3)

    def called(url: str, whose: str, remedy: str) -> Iterator[Finding]:
        together.wait(5)
        yield fault(url, remedy)

    monkeypatch.setattr(hosts, "look", called)
    notify = settings.read("notify", USABLE | {"OMBUD_DATA_DIR": str(tmp_path)})
    assert sorted(texts(addresses._of_contacts(notify))) == [f"https://hook{number}.example" for number in range(3)]


def test_hosts_of_contacts_are_each_called_once_and_without_their_secrets() -> None:
    kept = [
        {"webhook": "https://hooks.example/one whsec_abc", "slack": "U1"},
        {"webhook": "https://hooks.example/two"},
        {"teams": "https://u:p@teams.example:444/x"},
        None,
    ]
    assert addresses._origins(kept) == {"https://hooks.example", "https://teams.example:444"}


@pytest.mark.parametrize("status", [404, 500])
def test_a_management_api_that_is_none_is_named(provider: Provider, status: int) -> None:
    provider.status = status
    assert texts(management.look(provider.url)) == [f"the management API cannot be asked: status {status}"]


def test_one_that_cannot_store_what_it_reads_is_at_fault(provider: Provider) -> None:
    provider.body = (
        b'ombud_build_info{service="routing",version="1"} 1.0\n'
        b'ombud_subscription_holding{queue="routing.intake.v1"} 1.0\n'
        b'ombud_subscription_holding{queue="routing.escalation.v1"} 0.0\n'
    )
    own = {"OMBUD_OPS_PORT": provider.url.rpartition(":")[2], "OMBUD_PORT": str(free_ports(1)[0])}
    (finding,) = ports.look(settings.read("routing", USABLE | own))
    assert finding.text.startswith("routing cannot store what it reads from routing.intake.v1, and")
    assert "disk" in finding.remedy


def test_a_proxy_of_the_machine_is_not_asked_for_our_own_ports(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.body = b'ombud_build_info{service="routing",version="1"} 1.0\n'
    monkeypatch.setenv("http_proxy", NOBODY)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    own = {"OMBUD_OPS_PORT": provider.url.rpartition(":")[2], "OMBUD_PORT": str(free_ports(1)[0])}
    assert texts(ports.look(settings.read("routing", USABLE | own))) == []


@pytest.mark.parametrize(("status", "number"), [(200, 0), (404, 0), (500, 1), (502, 1)])
def test_links_work_where_anything_of_ours_answers(provider: Provider, status: int, number: int) -> None:
    provider.status = status
    service = settings.read("escalation", USABLE | {"OMBUD_PUBLIC_URL": provider.url})
    assert len(texts(addresses.links(service))) == number


def test_links_that_this_machine_may_not_follow_are_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy of the network drops what is sent; whether the links work is not known then."""
    monkeypatch.setattr(addresses, "TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as waiting:
        for _ in range(4):  # nobody takes them, so no more come in
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        (found,) = addresses.links(settings.read("escalation", USABLE | {"OMBUD_PUBLIC_URL": url}))
    assert (found.gravity, "cannot be reached from here" in found.text) == (Gravity.WARNING, True)


@pytest.mark.parametrize(
    ("otherwise", "said"),
    [
        ({}, []),
        ({"OMBUD_PUBLIC_URL": "http://other.example"}, ["notify writes other links than escalation answers"]),
        ({"OMBUD_LINK_KEYS": "another"}, ["escalation does not accept the links that notify signs"]),
    ],
)
def test_notify_and_escalation_must_agree_on_links(otherwise: dict[str, str], said: list[str]) -> None:
    escalation, notify = settings.read("escalation", USABLE), settings.read("notify", USABLE | otherwise)
    assert texts(addresses._alike(notify, escalation)) == said


def test_a_port_that_is_silent_is_a_service_that_hangs_and_no_port_to_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", free_ports(1)[0])) as silent:
        port = str(silent.getsockname()[1])
        service = settings.read("routing", USABLE | {"OMBUD_PORT": port, "OMBUD_OPS_PORT": port})
        (finding,) = ports.look(service)
    assert finding.gravity is Gravity.FAULT
    assert "routing hangs" in finding.text
    assert finding.remedy.startswith("keep the log of routing, then restart it")
