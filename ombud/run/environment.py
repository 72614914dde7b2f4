"""What the child processes of a run get as environment, and the secrets of the installation; used by stack.py."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from ombud.layout import MAILBOX_PORT, SMTP_PORT, Folder, Place
from ombud.options import RunOptions
from shared.settings import PORTS

SAMPLE_LAST_RESORT = "operations.duty"
MAIL_FROM = "ombud@localhost.example"
PATHS = frozenset(
    {
        "OMBUD_CLOCK_FILE",
        "OMBUD_ESCALATION_POLICY",
        "OMBUD_INTAKE_RULES",
        "OMBUD_NOTIFY_POLICY",
        "OMBUD_ROUTING_POLICY",
        "OMBUD_SMS_PROVIDERS",
        "OMBUD_SOURCES",
        "OMBUD_TEMPLATES",
    }
)


def kept_secret(path: Path) -> str:
    """Drawn once for each data folder, readable by its owner only."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(file, "w") as out:
        out.write(drawn := secrets.token_urlsafe(32))
    return drawn


def api_token(folder: Folder, inherited: Mapping[str, str]) -> str:
    return inherited.get("OMBUD_API_TOKEN") or kept_secret(folder.token)


def inherited() -> dict[str, str]:
    """The caller's own environment: what is set there for the services stays in force."""
    return dict(os.environ)


def common(options: RunOptions, folder: Folder, amqp_uri: str, outer: Mapping[str, str]) -> dict[str, str]:
    """For all services of a run. What only has to have some value gives way to what the caller has set."""
    offset = options.port_offset
    gives_way = {
        "OMBUD_API_TOKEN": api_token(folder, outer),
        "OMBUD_LINK_KEYS": outer.get("OMBUD_LINK_KEYS") or kept_secret(folder.link_keys),
        "OMBUD_PUBLIC_URL": f"http://127.0.0.1:{PORTS['escalation'][0] + offset}",
        "OMBUD_MAIL_FROM": MAIL_FROM,
        **({"OMBUD_LAST_RESORT": SAMPLE_LAST_RESORT} if options.samples else {}),
    }
    decided = {
        "OMBUD_AMQP_URI": amqp_uri,
        "OMBUD_DATABASE_URL": options.database_url,
        "OMBUD_DATA_DIR": str(folder.root),
        "OMBUD_SMTP_URL": options.smtp_url or f"smtp://127.0.0.1:{SMTP_PORT + offset}",
        "OMBUD_SMS_URL": options.sms_url,
        # The lines of the log files are read back for the terminal.
        "OMBUD_READABLE_LOGS": "false",
        "PYTHONUNBUFFERED": "1",
        # As in deploy/Dockerfile, which says why.
        "MALLOC_ARENA_MAX": "1",
    }
    filled = {name: value for name, value in outer.items() if value or name not in gives_way}
    return gives_way | _absolute(filled) | decided


def _absolute(outer: Mapping[str, str]) -> dict[str, str]:
    """Paths are meant from where the caller stands; the services run elsewhere."""
    return {name: str(Path(value).absolute()) if name in PATHS and value else value for name, value in outer.items()}


def of_place(env: Mapping[str, str], place: Place) -> dict[str, str]:
    """For one process: its own ports."""
    return {**env, "OMBUD_PORT": str(place.port), "OMBUD_OPS_PORT": str(place.ops_port), "OMBUD_PORT_OFFSET": "0"}


def mailbox_url(options: RunOptions) -> str | None:
    """Where the caught mail can be read; None when the mail goes elsewhere."""
    return None if options.smtp_url else f"http://127.0.0.1:{MAILBOX_PORT + options.port_offset}"
