"""What has to be right before `ombud run` starts anything; each fault is one line that says what to do."""

import shutil
from pathlib import Path

from ombud.layout import REPLICA_STEP, Folder, taken_ports
from ombud.local.ports import is_port_free
from ombud.migrate.command import refuse_shared_sqlite
from ombud.options import RunOptions
from ombud.send import publisher
from ombud.trouble import Trouble
from shared.settings import PORTS

NEEDED_MB = 200
MOST_OFFSET = 20_000  # beyond are the ports that the kernel gives to outgoing connections


def check_options(options: RunOptions) -> None:
    """What can be seen from the options alone."""
    refuse_shared_sqlite(options.database_url)
    if options.replicas > 1 and not options.database_url:
        raise Trouble(
            "--replicas needs PostgreSQL, as SQLite has one writer: add --database-url postgresql+psycopg2://…"
        )
    if options.amqp_uri:
        publisher.address_of(options.amqp_uri)


def made_folder(path: Path) -> Folder:
    """The data folder, for its owner only, with room for the databases and the broker."""
    root = path.absolute()
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        (root / "logs").mkdir(exist_ok=True)
    except OSError as error:
        raise Trouble(
            f"the data folder {root} cannot be made: {error.strerror}; choose another with --data-dir"
        ) from error
    require_space(root, shutil.disk_usage(root).free)
    return Folder(root)


def require_space(root: Path, free: int) -> None:
    if free < NEEDED_MB * 2**20:
        raise Trouble(
            f"only {free // 2**20} MB are free in {root}, Ombud needs {NEEDED_MB}: free some, or choose "
            "another disk with --data-dir"
        )


def require_ports(options: RunOptions) -> None:
    highest = max(max(pair) for pair in PORTS.values()) + options.port_offset + 100 * options.replicas
    if highest > 65535:
        raise Trouble(f"--port-offset {options.port_offset} leads past the last port, 65535: choose a smaller one")
    for port, user in taken_ports(options.port_offset, options.replicas, not options.amqp_uri, not options.smtp_url):
        if not is_port_free(port):
            raise Trouble(
                f"port {port} ({user}) is taken by another program: stop that one, or move all ports with "
                f"--port-offset {free_offset(options)}"
            )


def free_offset(options: RunOptions) -> int:
    """The next one, of hundreds, with which all ports are free; the one that was asked for where there is none."""
    asked, step = options.port_offset, REPLICA_STEP * options.replicas
    for offset in range(asked + step, MOST_OFFSET, step):
        if all(is_port_free(p) for p, _ in taken_ports(offset, options.replicas, True, True)):
            return offset
    return asked


def require_broker(amqp_uri: str) -> None:
    connection = publisher.connect(amqp_uri)
    connection.close()
