"""Starts one service as a process: imported first by `services/<name>/__main__.py`, because it patches on import."""

from shared import green

green.patch()

import errno  # noqa: E402
import gc  # noqa: E402
import os  # noqa: E402
import platform  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import eventlet  # noqa: E402
import structlog  # noqa: E402
from eventlet.event import Event as Signal  # noqa: E402
from nameko.containers import ServiceContainer  # noqa: E402
from prometheus_client import Info  # noqa: E402

from shared import backlog, clock, failpoints, logs  # noqa: E402
from shared.contracts.topology import QUEUES  # noqa: E402
from shared.database import Database, WrongUrl, install_green_wait  # noqa: E402
from shared.errors import Fault, fault_of  # noqa: E402
from shared.messaging.lengths import QueueLengths  # noqa: E402
from shared.ops import Ops  # noqa: E402
from shared.outbox import Relay  # noqa: E402
from shared.schema_check import missing  # noqa: E402
from shared.settings import CommonSettings  # noqa: E402
from shared.tokens import TokenBook  # noqa: E402

log = structlog.get_logger()
BUILD = Info("ombud_build", "What runs here")
WORKERS = 50
LOOK_EVERY = 0.5  # seconds
EXIT_SETTINGS, EXIT_SCHEMA, EXIT_CRASH = 2, 3, 1


def main(service_class: type, read: Callable[[], Any], make: Callable[[Any], dict[str, Any]], migrations: Path) -> None:
    """Runs the service until SIGTERM. read: its settings, with `common` inside. make: what its providers give out."""
    try:
        settings = read()
        parts = make(settings)
        tokens = TokenBook.parse(settings.common.api_tokens, settings.common.api_token)
        failpoints.arm(settings.common.failpoints)
        db = Database(settings.common.database_url, settings.common.service)
    except WrongUrl as error:
        sys.exit(_refuse(EXIT_SETTINGS, f"{service_class.__name__}: OMBUD_DATABASE_URL: {error}"))
    except ValueError as error:
        sys.exit(_refuse(EXIT_SETTINGS, f"{service_class.__name__}: {error}"))
    common: CommonSettings = settings.common
    logs.set_up(common.service, readable=common.readable_logs)
    clock.shift_from(common.clock_file)
    install_green_wait()
    relay = Relay(db, common.amqp_uri, common.declares_topology)
    # Before the wait: whoever asks must hear that it turns, or a database that is away for long would have it killed.
    ops = _ops(db, relay, common, migrations)
    _wait_for_schema(db, migrations)
    config = {
        **parts,
        "settings": settings,
        "database": db,
        "relay": relay,
        "tokens": tokens,
        "amqp_uri": common.amqp_uri,
        "declares_topology": common.declares_topology,
        "WEB_SERVER_ADDRESS": f"{common.host}:{common.port}",
        "max_workers": WORKERS,
    }
    sys.exit(_run(ServiceContainer(service_class, config), db, ops, common))


def _refuse(code: int, text: str) -> int:
    sys.stderr.write(text + "\n")
    return code


def _wait_for_schema(db: Database, migrations: Path) -> None:
    """A database that is away is waited for; one whose schema is behind is refused."""
    attempt = 0
    while True:
        try:
            with db.read() as tx:
                behind = missing(tx.connection, migrations)
            if behind:
                sys.exit(_refuse(EXIT_SCHEMA, f"{db.service}: {behind}"))
            return
        except Exception as error:
            attempt += 1
            log.warning("waiting_for_database", attempt=attempt, database=db.where, error=logs.short(error))
            eventlet.sleep(min(5, 0.2 * 2**attempt))


def _ops(db: Database, relay: Relay, common: CommonSettings, migrations: Path) -> Ops:
    tell_build(common.service)
    ops = Ops(
        (common.host, common.ops_port),
        lambda: _not_ready(db, migrations) or relay.refused,
        lambda: _look(db),
    )
    try:
        ops.start()
    except OSError as error:
        sys.exit(_refuse_port(common, common.ops_port, "OMBUD_OPS_PORT", error))
    return ops


def _run(container: ServiceContainer, db: Database, ops: Ops, common: CommonSettings) -> int:
    stop = _stop_signal()
    lengths = QueueLengths(common.amqp_uri, [q.name for q in QUEUES if q.consumer == common.service])
    try:
        container.start()
    except OSError as error:
        return _refuse_port(common, common.port, "OMBUD_PORT", error)
    eventlet.spawn(lengths.run)
    ops.has_started = True
    # What was made at start lives as long as the process: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    log.info("started", port=common.port, ops_port=common.ops_port)
    return _until_stopped(container, db, stop, lengths)


def _refuse_port(common: CommonSettings, port: int, name: str, error: OSError) -> int:
    """socket.gaierror and an address of another machine are no fault of the port."""
    why = f"{common.service}: {common.host}:{port} cannot be listened on: {error.strerror or error}"
    if error.errno == errno.EADDRINUSE:
        return _refuse(EXIT_SETTINGS, f"{why}; stop the other program, or set {name} or OMBUD_PORT_OFFSET")
    return _refuse(EXIT_SETTINGS, f"{why}; look at OMBUD_HOST and {name}")


def tell_build(service: str) -> None:
    from importlib.metadata import version

    BUILD.info({"service": service, "version": version("ombud"), "python": platform.python_version()})


def _look(db: Database) -> None:
    db.look_at_pool()
    backlog.look(db)


def _not_ready(db: Database, migrations: Path) -> str | None:
    try:
        with db.read() as tx:
            return missing(tx.connection, migrations)
    except Exception as error:
        # Its own words may name hosts and users, and nobody needs a token to ask.
        return f"database: {'away' if fault_of(error) is Fault.AWAY else type(error).__name__}"


def _stop_signal() -> Signal:
    stop = Signal()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None if stop.ready() else stop.send())
    return stop


def _until_stopped(container: ServiceContainer, db: Database, stop: Signal, lengths: QueueLengths) -> int:
    while not stop.ready():
        with eventlet.Timeout(LOOK_EVERY, False):
            stop.wait()
        if container._being_killed or container._died.ready():
            _crash(container)
    log.info("stopping")
    lengths.stop()
    container.stop()
    db.close()
    log.info("stopped")
    return 0


def _crash(container: ServiceContainer) -> None:
    """An extension died, and nameko is killing the rest: half a service helps nobody, so the process ends, loudly."""
    try:
        with eventlet.Timeout(LOOK_EVERY, False):
            container.wait()
    except Exception as error:
        log.error("crashed", exc_info=error)
    log.critical("ended_by_a_crash")
    os._exit(EXIT_CRASH)
