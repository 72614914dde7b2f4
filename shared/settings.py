"""Settings that every service has, read once from `OMBUD_…` variables; a service adds its own in its settings.py."""

import sys
from dataclasses import dataclass
from pathlib import Path

from environs import Env

from shared.broker_address import BrokerAddress

PORTS = {"intake": (8001, 9001), "routing": (8002, 9002), "escalation": (8003, 9003), "notify": (8004, 9004)}


class WrongSettings(ValueError):
    """A setting cannot be used; the text names it and says what would do."""


@dataclass(frozen=True)
class CommonSettings:
    """Ports are TCP on `host`; URLs as SQLAlchemy and kombu write them."""

    service: str
    host: str
    port: int
    ops_port: int
    amqp_uri: str
    database_url: str
    api_tokens: str
    api_token: str
    link_keys: tuple[str, ...]
    public_url: str
    readable_logs: bool
    clock_file: Path | None
    failpoints: str
    declares_topology: bool = True


def common(env: Env, service: str) -> CommonSettings:
    """Reads what all services share; `env` may be of any source, so that tests need no environment."""
    offset = env.int("PORT_OFFSET", 0)
    port, ops_port = PORTS[service]
    data_dir = env.path("DATA_DIR", Path(".ombud"))
    clock_file = env.str("CLOCK_FILE", "")
    return CommonSettings(
        service=service,
        host=env.str("HOST", "127.0.0.1"),
        port=env.int("PORT", port + offset),
        ops_port=env.int("OPS_PORT", ops_port + offset),
        amqp_uri=_checked(env.str("AMQP_URI")),
        database_url=env.str("DATABASE_URL", "") or f"sqlite:///{data_dir}/{service}.sqlite",
        api_tokens=env.str("API_TOKENS", ""),
        api_token=env.str("API_TOKEN", ""),
        link_keys=tuple(env.list("LINK_KEYS", [])),
        public_url=env.str("PUBLIC_URL", f"http://127.0.0.1:{PORTS['escalation'][0] + offset}").rstrip("/"),
        readable_logs=env.bool("READABLE_LOGS", sys.stderr.isatty()),
        clock_file=Path(clock_file) if clock_file else None,
        failpoints=env.str("FAILPOINTS", ""),
        declares_topology=env.bool("DECLARE_TOPOLOGY", True),
    )


def _checked(amqp_uri: str) -> str:
    try:
        BrokerAddress.parse(amqp_uri)
    except ValueError as error:
        raise WrongSettings(f"OMBUD_AMQP_URI: {error}") from None
    return amqp_uri
