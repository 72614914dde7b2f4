"""`ombud definitions` gives a RabbitMQ outside Kubernetes the users, rights and queues of the deployment."""

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import amqp
import pytest
import requests
from click.testing import CliRunner

from ombud.commands import cli
from ombud.local.broker import PrivateBroker
from tests.harness.process import ANSWER_WITHIN
from tests.harness.secure import BrokerUsers

AWKWARD = 'it\'s $new "ž"'
Ask = Callable[..., requests.Response]


@pytest.fixture
def ask(broker: PrivateBroker) -> Ask:
    def ask(method: str, path: str, body: object = None) -> requests.Response:
        url = f"{broker.management_url}/api/{path}"
        answer = requests.request(method, url, json=body, auth=broker.credentials, timeout=ANSWER_WITHIN)
        assert answer.ok, answer.text
        return answer

    return ask


@pytest.fixture
def vhost(broker: PrivateBroker, ask: Ask) -> Iterator[str]:
    name = f"imported-{uuid.uuid4().hex[:8]}"
    yield name
    for each in ask("GET", "users").json():
        if each["name"] in BrokerUsers.of_the_deployment():
            ask("DELETE", f"users/{each['name']}")
    broker.remove_vhost(name)


def lets_in(broker: PrivateBroker, vhost: str, user: str, password: str) -> bool:
    try:
        with amqp.Connection(f"127.0.0.1:{broker.ports.amqp}", user, password, virtual_host=vhost):
            return True
    except amqp.AccessRefused:
        return False


def made(passwords: Path, vhost: str) -> str:
    done = CliRunner().invoke(cli, ["definitions", "--passwords", str(passwords), "--vhost", vhost])
    assert (done.exit_code, done.stderr) == (0, "")
    assert AWKWARD not in done.stdout
    return done.stdout


def test_what_is_imported_is_what_the_deployment_has(
    broker: PrivateBroker, users: BrokerUsers, ask: Ask, vhost: str, tmp_path: Path
) -> None:
    passwords = tmp_path / "passwords"
    passwords.mkdir()
    rights = BrokerUsers.of_the_deployment()
    for name in rights:
        (passwords / name).write_text(f"first of {name}\n")
    (tmp_path / "definitions.json").write_text(made(passwords, vhost))
    broker.ctl("import_definitions", str(tmp_path / "definitions.json"))

    assert all(lets_in(broker, vhost, name, f"first of {name}") for name in rights)
    given = {each.pop("user"): each for each in ask("GET", f"vhosts/{vhost}/permissions").json()}
    assert {name: given[name] for name in rights} == {name: each | {"vhost": vhost} for name, each in rights.items()}
    assert "monitoring" in ask("GET", "users/ombud-monitoring").json()["tags"]
    there = ask("GET", f"definitions/{vhost}").json()
    for kind, wanted in users.there().items():
        if kind in ("queues", "exchanges", "bindings"):
            assert sorted(map(str, there[kind])) == sorted(map(str, wanted)), kind


def test_a_new_password_is_imported_and_nobody_else_is_touched(
    broker: PrivateBroker, ask: Ask, vhost: str, tmp_path: Path
) -> None:
    for name in ("ombud-intake", "ombud-notify"):
        ask("PUT", f"users/{name}", {"password": "old", "tags": ""})
    (tmp_path / "ombud-intake").write_text(f"{AWKWARD}\n")
    document = json.loads(made(tmp_path, vhost))
    assert [each["name"] for each in document["users"]] == ["ombud-intake"]
    ask("POST", "definitions", document)

    assert lets_in(broker, vhost, "ombud-intake", AWKWARD)
    assert not lets_in(broker, vhost, "ombud-intake", "old")
    assert "ombud-notify" not in [each["user"] for each in ask("GET", f"vhosts/{vhost}/permissions").json()]
