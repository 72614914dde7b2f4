"""The processes of a local run: private servers, migrations, services; started and stopped in order by command.py."""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ombud import layout, runfile, screen
from ombud.doors import Doors, readiness
from ombud.layout import BROKER_PORT, Folder, Place
from ombud.local.broker import PrivateBroker
from ombud.local.ports import is_port_open
from ombud.local.processes import Child
from ombud.migrate.command import migrate_all, sqlite_url
from ombud.options import RunOptions
from ombud.run import environment, signals
from ombud.run.broker_watch import WatchedBroker
from ombud.run.keeper import Keeper, Server
from ombud.run.logtail import LogTail
from ombud.trouble import Trouble

READY_WITHIN = 90.0
# The door to the outside first; who tells people last.
STOP_ORDER = (("intake",), ("routing", "escalation"), ("notify",))
# Notify alone waits up to 120 s for the mails under way; killed before, it could not tell whether they were sent.
STOPPED_WITHIN = 135.0
POLL = 0.1
EXIT_SETTINGS = 2  # of a service, as shared/runner.py has it
MOST_SAID = 20  # lines


class Stack:
    """Everything that one `ombud run` starts. `stop` may be called at any moment, also in the middle of a start."""

    def __init__(self, options: RunOptions, folder: Folder):
        self.options, self.folder = options, folder
        self._outer = environment.inherited()
        self.token = environment.api_token(folder, self._outer)
        self.mailbox_url = environment.mailbox_url(options)
        self.places = layout.places(options.port_offset, options.replicas)
        self._broker: PrivateBroker | None = None
        self._mailbox: Child | None = None
        self._children: dict[Place, Child] = {}
        self._keeper: Keeper | None = None

    @property
    def amqp_uri(self) -> str:
        return self._broker.uri if self._broker else self.options.amqp_uri

    @property
    def doors(self) -> Doors:
        return Doors({p.service: p.url for p in self.places if p.replica == 1}, self.token)

    def start(self) -> None:
        """Returns when every service answers its readiness check; Trouble or LocalError say why it cannot."""
        if not self.options.amqp_uri:
            self._start_broker()
        if self.mailbox_url:
            self._start_mailbox()
        kind = "PostgreSQL, a schema each" if self.options.database_url else "SQLite, a file each"
        screen.say(f"  databases: {kind}")
        migrate_all(lambda service: self.options.database_url or sqlite_url(self.folder.root, service))
        screen.say(f"  {len(self.places)} services")
        self._start_services()
        self._wait_until_ready()
        self._write_runfile()
        self._keep_alive()

    def stop(self) -> None:
        """The doors first, the broker last: what is on its way reaches the disk of the next one."""
        if self._keeper:
            self._keeper.stop()
        for services in STOP_ORDER:
            self._stop_services(services)
        if self._mailbox:
            self._mailbox.stop()
        if self._broker:
            self._broker.stop()
        runfile.remove(self.folder.root)

    def _stop_services(self, services: tuple[str, ...]) -> None:
        """Those of one stage at the same time: each finishes what it has in hand."""
        children = [child for place, child in self._children.items() if place.service in services]
        with ThreadPoolExecutor(max(1, len(children))) as pool:
            list(pool.map(lambda child: child.stop(patience=STOPPED_WITHIN), children))

    def _start_broker(self) -> None:
        self._broker = PrivateBroker(self.folder.broker, BROKER_PORT + self.options.port_offset)
        screen.say(f"  RabbitMQ on port {self._broker.ports.amqp}")
        self._broker.start()

    def _start_mailbox(self) -> None:
        smtp, page = layout.SMTP_PORT + self.options.port_offset, layout.MAILBOX_PORT + self.options.port_offset
        command = [
            sys.executable,
            "-m",
            "ombud.local.mailbox",
            "--smtp-port",
            str(smtp),
            "--http-port",
            str(page),
            "--data-dir",
            str(self.folder.mailbox),
        ]
        self._mailbox = Child("mail catcher", command, self._outer, self.folder.log("mailbox"))
        screen.say(f"  mail catcher on port {smtp}")
        with signals.deferred():
            self._mailbox.start()

    def _start_services(self) -> None:
        env = environment.common(self.options, self.folder, self.amqp_uri, self._outer)
        for place in self.places:
            child = Child(
                place.name,
                [sys.executable, "-m", f"services.{place.service}"],
                environment.of_place(env, place),
                self.folder.log(place.name),
            )
            with signals.deferred():
                self._children[place] = child
                child.start()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        waiting = list(self.places)
        while waiting:
            for place in waiting:
                self._require_alive(place)
            waiting = [place for place in waiting if not self._is_ready(place)]
            if waiting and time.monotonic() > deadline:
                names = ", ".join(f"{p.name}: {readiness(p.ops_url)}" for p in waiting)
                raise Trouble(f"not ready within {READY_WITHIN:.0f} s ({names}); look into {self.folder.root / 'logs'}")
            time.sleep(POLL)

    def _is_ready(self, place: Place) -> bool:
        # The readiness answer comes from the health port, which opens before the doors do.
        return is_port_open(place.ops_port) and readiness(place.ops_url) == "ready" and is_port_open(place.port)

    def _require_alive(self, place: Place) -> None:
        child = self._children[place]
        if not child.is_alive:
            raise Trouble(f"{place.name} did not start: {refusal(child)} (log: {child.log_path})")

    def _keep_alive(self) -> None:
        servers: dict[str, Server] = {place.name: child for place, child in self._children.items()}
        if self._mailbox:
            servers["mail catcher"] = self._mailbox
        if self._broker:
            servers["broker"] = WatchedBroker(self._broker)
        tails = [LogTail(place.name, child.log_path) for place, child in self._children.items()]
        self._keeper = Keeper(servers, tails, screen.warn, self._write_runfile)
        self._keeper.start()

    def _write_runfile(self) -> None:
        runfile.write(
            self.folder.root,
            runfile.Run(
                pid=os.getpid(),
                amqp_uri=self.amqp_uri,
                token=self.token,
                processes=tuple(self._process(place, child) for place, child in self._children.items()),
                broker_pid=self._broker.pid if self._broker else None,
                mailbox_url=self.mailbox_url,
            ),
        )

    def _process(self, place: Place, child: Child) -> runfile.Process:
        log = str(child.log_path)
        return runfile.Process(place.service, place.replica, place.port, place.ops_port, child.pid or 0, log)


def refusal(child: Child) -> str:
    """Why it ended: settings that it refuses have a line for each mistake, all else has said it in its last one."""
    said = [line for line in child.log_since_start().splitlines() if not line.startswith("{")]  # which are of its log
    shown = said if child.exit_code == EXIT_SETTINGS else said[-1:]
    return "; ".join(shown[:MOST_SAID]) or f"exit code {child.exit_code}"


def wait_for(what: Callable[[], bool], seconds: float) -> bool:
    """Asks again and again; False when it did not come true in time."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True
