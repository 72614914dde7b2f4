"""Writes users, rights and queues of the broker for RabbitMQ's topology operator; called by `python -m apidocs`."""

from pathlib import Path
from typing import Any

import yaml

from shared.contracts.permissions import USERS, BrokerUser
from shared.contracts.topology import EXCHANGES, QUEUES, Queue
from shared.messaging.connection import arguments_of

COMPONENT = Path("deploy", "k8s", "components", "rabbitmq")
API = "rabbitmq.com/v1beta1"
CLUSTER, VHOST = "ombud-rabbitmq", "ombud"
_MADE = "Made from shared/contracts by `python -m apidocs`: change it there."


def documents() -> dict[Path, str]:
    """Each file by its path inside the project."""
    return {
        COMPONENT / "users.yaml": _yaml([_user(user) for user in USERS]),
        COMPONENT / "permissions.yaml": _yaml([_permission(user) for user in USERS]),
        COMPONENT / "topology.yaml": _yaml([_vhost(), *_exchanges(), *_queues()]),
    }


def _yaml(resources: list[dict[str, Any]]) -> str:
    return f"# {_MADE}\n" + yaml.safe_dump_all(resources, sort_keys=False, explicit_start=True, width=1000)


def _resource(kind: str, title: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": API,
        "kind": kind,
        "metadata": {"name": title},
        "spec": spec | {"rabbitmqClusterReference": {"name": CLUSTER}},
    }


def _user(user: BrokerUser) -> dict[str, Any]:
    """Name and password come from a Secret of its own, so that no other pod needs to see it."""
    secret = {"name": f"{user.name}-broker"}
    return _resource("User", user.name, tags=list(user.tags), importCredentialsSecret=secret)


def _permission(user: BrokerUser) -> dict[str, Any]:
    rights = {"configure": user.configure, "write": user.write, "read": user.read}
    return _resource("Permission", user.name, vhost=VHOST, user=user.name, permissions=rights)


def _vhost() -> dict[str, Any]:
    return _resource("Vhost", VHOST, name=VHOST, defaultQueueType="quorum")


def _exchanges() -> list[dict[str, Any]]:
    return [
        _resource("Exchange", f"exchange-{_plain(name)}", name=name, vhost=VHOST, type="topic", durable=True)
        for name in EXCHANGES
    ]


def _queues() -> list[dict[str, Any]]:
    return [made for queue in QUEUES for made in (_queue(queue), *_bindings(queue))]


def _queue(queue: Queue) -> dict[str, Any]:
    own = {name: value for name, value in arguments_of(queue).items() if name != "x-queue-type"}
    return _resource(
        "Queue",
        f"queue-{_plain(queue.name)}",
        name=queue.name,
        vhost=VHOST,
        type="quorum",
        durable=True,
        autoDelete=False,
        **({"arguments": own} if own else {}),
    )


def _bindings(queue: Queue) -> list[dict[str, Any]]:
    return [
        _resource(
            "Binding",
            f"binding-{_plain(queue.name)}-{_plain(key)}",
            vhost=VHOST,
            source=queue.exchange,
            destination=queue.name,
            destinationType="queue",
            routingKey=key,
        )
        for key in queue.keys
    ]


def _plain(name: str) -> str:
    return "all" if name == "#" else name.replace(".", "-").replace("_", "-")
