"""What a private RabbitMQ node reads: its configuration, its environment, its own secrets; for broker.py."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from ombud.local.broker_binaries import BrokerBinaries

USER = "ombud"
NODE = "ombud@localhost"
# Schedulers that are bound to no core and never spin: several nodes share a small machine. Where others keep it busy, a
# rabbitmqctl that spins takes a minute instead of seconds.
_NO_SPINNING = "+stbt u +sbwt none +sbwtdcpu none +sbwtdio none -start_epmd false"
_ERLANG_ARGS = f"+S 2:2 +SDcpu 1:1 +SDio 10 {_NO_SPINNING}"
_CTL_ERLANG_ARGS = f"+S 1:1 +SDcpu 1:1 +SDio 2 {_NO_SPINNING}"
_ON_LOOPBACK = "-kernel inet_dist_use_interface {127,0,0,1}"


@dataclass(frozen=True)
class BrokerPorts:
    """Four ports in a row from the one that was asked for."""

    amqp: int

    @property
    def distribution(self) -> int:
        return self.amqp + 1

    @property
    def epmd(self) -> int:
        return self.amqp + 2

    @property
    def management(self) -> int:
        return self.amqp + 3

    @property
    def all(self) -> range:
        return range(self.amqp, self.amqp + 4)


def write_files(data_dir: Path, ports: BrokerPorts) -> None:
    """All that the node reads; the password and the cookie are drawn once for each data folder."""
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir.chmod(0o700)
    for folder in ("home", "log"):
        (data_dir / folder).mkdir(exist_ok=True)
    _secret(data_dir / "home/.erlang.cookie")
    (data_dir / "enabled_plugins").write_text("[rabbitmq_management].\n")
    settings = {
        "listeners.tcp.default": f"127.0.0.1:{ports.amqp}",
        "management.tcp.ip": "127.0.0.1",
        "management.tcp.port": ports.management,
        "default_user": USER,
        "default_pass": password(data_dir),
        "log.file.level": "info",
    }
    (data_dir / "rabbitmq.conf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))


def password(data_dir: Path) -> str:
    return _secret(data_dir / "password")


def _secret(path: Path) -> str:
    if not path.exists():
        path.write_text(secrets.token_hex(16))
        path.chmod(0o400)
    return path.read_text()


def environment(data_dir: Path, ports: BrokerPorts, binaries: BrokerBinaries) -> dict[str, str]:
    """For the node, its epmd and its rabbitmqctl; nothing of the machine's own broker gets in."""
    return {
        **binaries.env,
        "PATH": f"{binaries.erlang}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(data_dir / "home"),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
        "ERL_EPMD_PORT": str(ports.epmd),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_CRASH_DUMP": str(data_dir / "log/erl_crash.dump"),
        "RABBITMQ_NODENAME": NODE,
        "RABBITMQ_DIST_PORT": str(ports.distribution),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_CONFIG_FILE": str(data_dir / "rabbitmq"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(data_dir / "advanced"),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(data_dir / "generated"),
        "RABBITMQ_SCHEMA_DIR": str(data_dir / "schema"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(data_dir / "enabled_plugins"),
        # A 4.x node cannot read what a 3.10 node stored.
        "RABBITMQ_MNESIA_BASE": str(data_dir / f"store-{binaries.version[0]}"),
        "RABBITMQ_LOG_BASE": str(data_dir / "log"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{_ERLANG_ARGS} {_ON_LOOPBACK}",
        "RABBITMQ_CTL_ERL_ARGS": f"{_CTL_ERLANG_ARGS} {_ON_LOOPBACK}",
        # Makes rabbitmq-server become the Erlang process instead of watching over one: our child is the node itself.
        "RUNNING_UNDER_SYSTEMD": "true",
    }
