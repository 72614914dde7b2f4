"""`ombud definitions`: users, rights and queues for a RabbitMQ outside Kubernetes, in the form that it imports."""

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import click

from ombud.trouble import Trouble
from shared.contracts.permissions import USERS, BrokerUser
from shared.contracts.topology import EXCHANGES, QUEUES, Queue
from shared.messaging.connection import arguments_of

Resources = list[dict[str, Any]]
VHOST = "ombud"


@click.command(short_help="Print the broker's users and queues, for RabbitMQ to import.")
@click.option(
    "--passwords",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    required=True,
    help="One file for each user, named after it, with the password in its first line; who has no file is left out.",
)
@click.option("--vhost", default=VHOST, show_default=True, help="The virtual host; made if it is not there.")
def definitions(passwords: Path, vhost: str) -> None:
    """Print users with their rights, exchanges, queues and bindings, for `rabbitmqctl import_definitions FILE`.

    Passwords are in it as salted hashes. Imported again it changes what changed, passwords too, and removes nothing.
    """
    wanted = [(user, _password(passwords / user.name)) for user in USERS if (passwords / user.name).is_file()]
    if not wanted:
        raise Trouble(f"{passwords} has no file named after a user: {', '.join(user.name for user in USERS)}")
    click.echo(json.dumps(_document(wanted, vhost), indent=1))


def _password(file: Path) -> str:
    first = file.read_text().partition("\n")[0]
    if not first:
        raise Trouble(f"{file} has no password in its first line")
    return first


def _document(wanted: list[tuple[BrokerUser, str]], vhost: str) -> dict[str, Resources]:
    here = {"vhost": vhost}
    return {
        "vhosts": [{"name": vhost}],
        "users": [_user(user, password) for user, password in wanted],
        "permissions": [
            {"user": user.name, **here, "configure": user.configure, "write": user.write, "read": user.read}
            for user, _ in wanted
        ],
        "exchanges": [
            {"name": name, **here, "type": "topic", "durable": True, "auto_delete": False, "internal": False}
            | {"arguments": {}}
            for name in EXCHANGES
        ],
        "queues": [
            {"name": q.name, **here, "durable": True, "auto_delete": False, "arguments": arguments_of(q)}
            for q in QUEUES
        ],
        "bindings": [binding | here for queue in QUEUES for binding in _bindings(queue)],
    }


def _user(user: BrokerUser, password: str) -> dict[str, Any]:
    """RabbitMQ's own form of a hash: a salt of four bytes, and behind it the SHA-256 of salt and password."""
    salt = os.urandom(4)
    hashed = base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
    algorithm = "rabbit_password_hashing_sha256"
    return {"name": user.name, "password_hash": hashed, "hashing_algorithm": algorithm, "tags": list(user.tags)}


def _bindings(queue: Queue) -> Resources:
    ends = {"source": queue.exchange, "destination": queue.name, "destination_type": "queue"}
    return [{**ends, "routing_key": key, "arguments": {}} for key in queue.keys]
