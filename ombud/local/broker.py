"""A private RabbitMQ node on loopback: for `ombud run` without an AMQP address, and for tests and benchmarks."""

import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import amqp
import requests

from ombud.local import broker_files
from ombud.local.broker_binaries import BrokerBinaries, find_broker
from ombud.local.broker_files import NODE, USER, BrokerPorts
from ombud.local.errors import LocalError
from ombud.local.ports import OF_A_BROKER, is_port_open, require_free
from ombud.local.processes import Child, is_running, remember_pid, with_many_files

_PATIENCE = 120.0
# A virtual host that is removed right after its queues were made ends this supervisor of RabbitMQ 3.10 for good: its
# workers find no queue any more. Without it no queue with at-least-once dead lettering can have a leader.
_DEAD_LETTERING = (
    "case whereis(rabbit_fifo_dlx_sup) of undefined -> supervisor:restart_child(rabbit_sup, rabbit_fifo_dlx_sup), ok;"
    " _ -> ok end"
)


class PrivateBroker:
    """Takes `port` and the three after it (distribution, epmd, management), all on loopback; ends when we end.

    `version` is "3.10" (or later, if one is installed) or "4". The user is `ombud`, its password is drawn once for each
    data folder. After `kill()` or `stop()` it can be started again with all that it stored.
    """

    def __init__(self, data_dir: Path, port: int, version: str = "3.10") -> None:
        self.data_dir = data_dir.absolute()
        self.ports = BrokerPorts(port)
        self.version = version
        self._node: Child | None = None
        self._epmd: Child | None = None
        self._found: BrokerBinaries | None = None

    @property
    def uri(self) -> str:
        return self._uri("/")

    @property
    def management_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.management}"

    @property
    def credentials(self) -> tuple[str, str]:
        """User and password, also for the management page and its API."""
        return USER, broker_files.password(self.data_dir)

    @property
    def pid(self) -> int | None:
        return self._node.pid if self._node else None

    @property
    def is_alive(self) -> bool:
        return self._node is not None and self._node.is_alive

    def start(self) -> None:
        """Returns when it takes connections; LocalError says why it cannot."""
        self._refuse_second_start()
        binaries = self._binaries()
        broker_files.write_files(self.data_dir, self.ports)
        self._epmd = self._child("epmd", [str(binaries.erlang / "epmd")])
        self._node = self._child("broker", with_many_files([binaries.script("rabbitmq-server")]))
        try:
            for child in (self._epmd, self._node):
                child.start()
                remember_pid(self._pid_file(child.name), child.pid or 0)
            self._wait_until_ready(self._node)
        except BaseException:  # also Ctrl-C: a half-started node must not stay
            self._node.kill()
            self._forget()
            raise

    def stop(self) -> None:
        if self._node is not None:
            if self._node.is_alive:
                self._end_statistics()
            self._node.stop(patience=60.0)
        self._forget()

    def kill(self) -> None:
        """SIGKILL, for fault tests and for a node that hangs; quorum queues and what was confirmed in them stay."""
        if self._node is not None:
            if self._node.is_alive:
                with suppress(LocalError):  # a node that hangs is killed all the same
                    self.keep_queue_names()
            self._node.kill()
        self._forget()

    def keep_queue_names(self) -> None:
        """To be called once queues are declared, if the node may be killed in the next minutes.

        RabbitMQ 3.10 and 4.0 write the list of quorum queues to disk only every three minutes (dets in ra_directory).
        A node killed before that has the messages of a new queue, but never finds them again.
        """
        self.evaluate("lists:foreach(fun dets:sync/1, dets:all())")

    def restart(self) -> None:
        self.stop()
        self.start()

    def ctl(self, *args: str, patience: float = 60.0) -> str:
        """What `rabbitmqctl -q ARGS` prints; slow (a second or more): the management API and `evaluate` are quick."""
        words = f"rabbitmqctl {' '.join(args)}"
        done = self._ask(words, [self._binaries().script("rabbitmqctl"), "-q", *args], "", patience)
        if done.returncode != 0:
            raise _refused(words, done.stderr or done.stdout)
        return done.stdout

    def evaluate(self, expression: str, patience: float = 60.0) -> str:
        """The value of an Erlang expression on the node, as erl_call writes it; in milliseconds."""
        # The cookie comes from HOME: as an argument every user of the machine would see it.
        command = [str(self._binaries().erlang / "erl_call"), "-sname", NODE, "-e"]
        done = self._ask("erl_call", command, f"{expression}.\n", patience)
        if done.returncode != 0 or not done.stdout.startswith("{ok, "):
            raise _refused("erl_call", done.stderr or done.stdout)
        return done.stdout.strip().removeprefix("{ok, ").removesuffix("}")

    def add_vhost(self, name: str) -> str:
        """A virtual host of its own for one test; returns its AMQP address."""
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        self._call("PUT", f"vhosts/{quote(name, safe='')}", {})
        self._call("PUT", f"permissions/{quote(name, safe='')}/{USER}", everything)
        self.evaluate(_DEAD_LETTERING)
        return self._uri(name)

    def remove_vhost(self, name: str) -> None:
        """With all its queues, which every later start of the node would read again."""
        self._call("DELETE", f"vhosts/{quote(name, safe='')}")

    def _ask(self, name: str, command: list[str], told: str, patience: float) -> "subprocess.CompletedProcess[str]":
        env = self._environment()
        try:
            return subprocess.run(
                command, env=env, input=told, capture_output=True, text=True, cwd="/", check=False, timeout=patience
            )
        except OSError as error:
            raise _refused(name, str(error)) from error
        except subprocess.TimeoutExpired:
            raise LocalError(f"{name}: no answer within {patience:.0f} s") from None

    def _end_statistics(self) -> None:
        """Spares 5 s: a node that ends waits for this handler, which waits as long for the node to set a variable."""
        with suppress(LocalError):  # a node that does not answer is stopped all the same
            self.evaluate("gen_event:delete_handler(rabbit_event, rabbit_mgmt_db_handler, [])", patience=5.0)

    def _uri(self, vhost: str) -> str:
        user, password = self.credentials
        path = "" if vhost == "/" else quote(vhost, safe="")
        return f"amqp://{user}:{password}@127.0.0.1:{self.ports.amqp}/{path}"

    def _call(self, method: str, path: str, body: dict[str, str] | None = None) -> None:
        url = f"{self.management_url}/api/{path}"
        requests.request(method, url, json=body, auth=self.credentials, timeout=30).raise_for_status()

    def _refuse_second_start(self) -> None:
        if pid := is_running(self._pid_file("broker")):
            raise LocalError(f"RabbitMQ is already running in {self.data_dir} (pid {pid})")
        self._forget()  # of a node that died by itself, epmd still has its port
        if clash := OF_A_BROKER.intersection(self.ports.all):
            raise LocalError(f"port {min(clash)} belongs to the machine's own RabbitMQ; choose another")
        require_free(self.ports.all, "RabbitMQ")

    def _binaries(self) -> BrokerBinaries:
        if self._found is None:
            self._found = find_broker(self.version)
        return self._found

    def _environment(self) -> dict[str, str]:
        return broker_files.environment(self.data_dir, self.ports, self._binaries())

    def _child(self, name: str, argv: list[str]) -> Child:
        return Child(name, argv, self._environment(), self.data_dir / "log" / f"{name}.out")

    def _pid_file(self, name: str) -> Path:
        return self.data_dir / f"{name}.pid"

    def _wait_until_ready(self, node: Child) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not (is_port_open(self.ports.management) and self.takes_connections()):
            if not node.is_alive:
                raise LocalError(f"RabbitMQ did not start, see {self.data_dir / 'log'}: {node.log_tail(3)}")
            if time.monotonic() > deadline:
                raise LocalError(f"RabbitMQ was not ready after {_PATIENCE:.0f} s, see {self.data_dir / 'log'}")
            time.sleep(0.1)

    def takes_connections(self) -> bool:
        """False while it is away, and when it runs and lets nobody in."""
        user, password = self.credentials
        connection = amqp.Connection(
            f"127.0.0.1:{self.ports.amqp}",
            userid=user,
            password=password,
            connect_timeout=5,
            read_timeout=10,
            write_timeout=10,
        )
        try:
            connection.connect()
            connection.close()
        except amqp.AccessRefused:
            raise LocalError(f"the broker in {self.data_dir} has another password; remove that folder") from None
        except (OSError, amqp.AMQPError):
            return False
        return True

    def _forget(self) -> None:
        """Ends epmd, which on its own would stay behind, and the notes for the next start."""
        if self._epmd is not None:
            self._epmd.stop(patience=5.0)
        for name in ("broker", "epmd"):
            self._pid_file(name).unlink(missing_ok=True)


def _refused(what: str, said: str) -> LocalError:
    return LocalError(f"{what}: {' '.join(said.split())[:300]}")
