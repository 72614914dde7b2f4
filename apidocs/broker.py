"""Writes who may do what on the broker, for Kubernetes and for `rabbitmqctl`; called by `python -m apidocs`."""

from pathlib import Path
from typing import Any

import yaml

from shared.contracts.permissions import USERS, BrokerUser
from shared.contracts.topology import DEAD_LETTERS_EXCHANGE, EXCHANGES, QUEUES, Queue
from shared.messaging.connection import QUEUE_ARGUMENTS, QUORUM

COMPONENT = Path("deploy", "k8s", "components", "rabbitmq")
SCRIPT = Path("deploy", "rabbitmq", "users.sh")
API = "rabbitmq.com/v1beta1"
CLUSTER, VHOST = "ombud-rabbitmq", "ombud"
_MADE = "Made from shared/contracts by `python -m apidocs`: change it there."


def documents() -> dict[Path, str]:
    """Each file by its path inside the project."""
    return {
        COMPONENT / "users.yaml": _yaml([_user(user) for user in USERS]),
        COMPONENT / "permissions.yaml": _yaml([_permission(user) for user in USERS]),
        COMPONENT / "topology.yaml": _yaml([_vhost(), *_exchanges(), *_queues()]),
        SCRIPT: _script(),
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
    arguments = QUORUM if queue.source == DEAD_LETTERS_EXCHANGE else QUEUE_ARGUMENTS
    own = {name: value for name, value in arguments.items() if name != "x-queue-type"}
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


def _script() -> str:
    calls = "".join(_calls(user) for user in USERS)
    return _HEAD.format(made=_MADE) + calls


def _calls(user: BrokerUser) -> str:
    tags = "".join(f" {tag}" for tag in user.tags)
    return (
        f"\n# {user.purpose}\nuser {user.name}{tags}\nmay {user.name} '{user.configure}' '{user.write}' '{user.read}'\n"
    )


_HEAD = """\
#!/bin/sh
# {made}
#
# Makes Ombud's users of a RabbitMQ without Kubernetes, or brings them up to date; run it where rabbitmqctl works.
#
#   PASSWORDS=/path/to/folder sh users.sh
#
# The folder has one file for each user, named after it, with the password in one line: ombud-intake, ombud-routing …
# A user without a file is left out. Run again with another password it changes the user's. VHOST is `ombud` if not set,
# RABBITMQCTL the command to call.
set -eu
: "${{PASSWORDS:?the folder with the passwords}}"
vhost=${{VHOST:-ombud}}
ctl=${{RABBITMQCTL:-rabbitmqctl}}

user() {{
  [ -f "$PASSWORDS/$1" ] || return 0
  name=$1
  shift
  # By standard input: arguments are seen by everybody on the machine.
  if printf '%s\n' "$users" | cut -f 1 | grep -qxF "$name"; then
    head -n 1 "$PASSWORDS/$name" | $ctl -q change_password "$name"
  else
    head -n 1 "$PASSWORDS/$name" | $ctl -q add_user "$name"
  fi
  [ $# -eq 0 ] || $ctl -q set_user_tags "$name" "$@"
}}

may() {{
  [ -f "$PASSWORDS/$1" ] || return 0
  $ctl -q set_permissions -p "$vhost" "$@"
}}

$ctl -q list_vhosts | grep -qxF "$vhost" || $ctl -q add_vhost "$vhost"
users=$($ctl -q list_users)
"""
