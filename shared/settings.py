"""Settings that every service has, read once from `OMBUD_…` variables; a service adds its own in its settings.py."""

import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from environs import Env

from shared.broker_address import BrokerAddress

PORTS = {"intake": (8001, 9001), "routing": (8002, 9002), "escalation": (8003, 9003), "notify": (8004, 9004)}
LONGEST_LINK_AGE = 87_600.0  # hours: ten years, as a link must be checked against a date that exists


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
        host=_host(env.str("HOST", "127.0.0.1")),
        port=_port("OMBUD_PORT", env.int("PORT", port + offset)),
        ops_port=_port("OMBUD_OPS_PORT", env.int("OPS_PORT", ops_port + offset)),
        amqp_uri=_checked(env.str("AMQP_URI")),
        database_url=env.str("DATABASE_URL", "") or f"sqlite:///{data_dir}/{service}.sqlite",
        api_tokens=env.str("API_TOKENS", ""),
        # No header can carry the line break that a file of a secret often ends with.
        api_token=env.str("API_TOKEN", "").strip(),
        link_keys=tuple(env.list("LINK_KEYS", [])),
        public_url=public_url(
            "OMBUD_PUBLIC_URL", env.str("PUBLIC_URL", f"http://127.0.0.1:{PORTS['escalation'][0] + offset}")
        ),
        readable_logs=env.bool("READABLE_LOGS", sys.stderr.isatty()),
        clock_file=Path(clock_file) if clock_file else None,
        failpoints=env.str("FAILPOINTS", ""),
        declares_topology=env.bool("DECLARE_TOPOLOGY", True),
    )


def public_url(name: str, text: str) -> str:
    """Where we are reached from outside, without a slash at the end; a link that leads nowhere would answer nobody."""
    wrong = WrongSettings(f"{name}: the form is https://ombud.example.org, perhaps with a path")
    try:
        parts = urlsplit(text)
        is_usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not is_usable or parts.query or parts.fragment:
        raise wrong
    if any(c.isspace() for c in text):
        raise wrong
    return text.rstrip("/")


def link_age(env: Env) -> timedelta:
    """How long the link in an alert can be used."""
    hours = env.float("LINK_MAX_AGE_HOURS", 168.0)
    if not 0 < hours <= LONGEST_LINK_AGE:
        raise WrongSettings(
            f"OMBUD_LINK_MAX_AGE_HOURS is {hours:g}: it must be above 0 and at most {LONGEST_LINK_AGE:g}"
        )
    return timedelta(hours=hours)


def _host(text: str) -> str:
    if not text or ":" in text or any(c.isspace() for c in text):
        raise WrongSettings("OMBUD_HOST: an IPv4 address of this machine, or its name; 0.0.0.0 is all, without a port")
    return text


def _port(name: str, number: int) -> int:
    if not 0 < number < 65536:
        raise WrongSettings(f"{name} would be {number}: a port is 1 to 65535; look at OMBUD_PORT_OFFSET, too")
    return number


def _checked(amqp_uri: str) -> str:
    try:
        BrokerAddress.parse(amqp_uri)
    except ValueError as error:
        raise WrongSettings(f"OMBUD_AMQP_URI: {error}") from None
    return amqp_uri
