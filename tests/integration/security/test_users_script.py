"""The script for people without Kubernetes gives what the deployment gives; shown with one user, as calls are slow."""

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import amqp
import pytest
import requests

from ombud.local.broker import PrivateBroker
from tests.harness.process import ANSWER_WITHIN, PROJECT
from tests.harness.secure import BrokerUsers

SCRIPT = PROJECT / "deploy/rabbitmq/users.sh"
THERE, NEW = "ombud-monitoring", "ombud-upstream"


@pytest.fixture
def vhost(broker: PrivateBroker) -> Iterator[str]:
    name = f"script-{uuid.uuid4().hex[:8]}"
    yield name
    for user in (THERE, NEW):
        ask(broker, "DELETE", f"users/{user}")
    broker.remove_vhost(name)


def ask(broker: PrivateBroker, method: str, path: str, body: object = None) -> requests.Response:
    url = f"{broker.management_url}/api/{path}"
    answer = requests.request(method, url, json=body, auth=broker.credentials, timeout=ANSWER_WITHIN)
    assert answer.ok, answer.text
    return answer


def lets_in(broker: PrivateBroker, vhost: str, user: str, password: str) -> bool:
    try:
        with amqp.Connection(f"127.0.0.1:{broker.ports.amqp}", user, password, virtual_host=vhost):
            return True
    except amqp.AccessRefused:
        return False


def test_who_has_a_password_file_gets_that_password_and_the_rights(
    broker: PrivateBroker, vhost: str, tmp_path: Path
) -> None:
    ask(broker, "PUT", f"users/{THERE}", {"password": "old", "tags": ""})
    (tmp_path / THERE).write_text("it's $new\n")
    (tmp_path / NEW).write_text("another\n")
    env = broker.ctl_environment | {"PASSWORDS": str(tmp_path), "VHOST": vhost}
    done = subprocess.run(["sh", str(SCRIPT)], env=env, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr + done.stdout

    assert lets_in(broker, vhost, THERE, "it's $new")
    assert not lets_in(broker, vhost, THERE, "old")
    assert lets_in(broker, vhost, NEW, "another")
    given = {each["user"]: each for each in ask(broker, "GET", f"vhosts/{vhost}/permissions").json()}
    wanted = BrokerUsers.of_the_deployment()
    assert {name: rights.items() & given[name].items() for name, rights in wanted.items() if name in given} == {
        name: wanted[name].items() for name in (THERE, NEW)
    }
    assert "monitoring" in ask(broker, "GET", f"users/{THERE}").json()["tags"]


def test_the_script_gives_what_the_deployment_gives() -> None:
    rights = BrokerUsers.of_the_deployment()
    given = [f"may {name} '{each['configure']}' '{each['write']}' '{each['read']}'" for name, each in rights.items()]
    assert [line for line in SCRIPT.read_text().splitlines() if line.startswith("may ombud")] == given
