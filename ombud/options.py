"""Options that several commands share; each can be set by the environment variable that its help shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from ombud import runfile
from ombud.doors import Doors
from ombud.trouble import Trouble

C = TypeVar("C", bound=Callable[..., Any] | click.Command)
DATA_DIR = ".ombud"
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@dataclass(frozen=True)
class RunOptions:
    """What `ombud run` and `ombud demo` are asked for; an empty string is an option that was not given."""

    data_dir: Path | None
    samples: bool = True
    port_offset: int = 0
    database_url: str = ""
    amqp_uri: str = ""
    smtp_url: str = ""
    sms_url: str = ""
    replicas: int = 1
    feed: Path | None = None


def option(*names: str, env: str, help: str, **rest: Any) -> Callable[[C], C]:
    return click.option(*names, envvar=env, show_envvar=True, help=help, **rest)


data_dir = option(
    "--data-dir",
    env="OMBUD_DATA_DIR",
    type=_FOLDER,
    metavar="DIR",
    default=DATA_DIR,
    show_default=True,
    help="The folder of the installation: databases, logs, token.",
)
database_url = option(
    "--database-url",
    env="OMBUD_DATABASE_URL",
    default="",
    metavar="URL",
    help="postgresql+psycopg2://…, one schema a service; else SQLite files in the data folder.",
)
amqp_uri = option(
    "--amqp-uri",
    env="OMBUD_AMQP_URI",
    default="",
    metavar="URI",
    help="A RabbitMQ that you have; else the private one of `ombud run`.",
)

_RUN = (
    option(
        "--no-samples",
        env="OMBUD_NO_SAMPLES",
        is_flag=True,
        help="Start empty: no sample roster, no sample complaints.",
    ),
    option(
        "--port-offset",
        env="OMBUD_PORT_OFFSET",
        type=click.IntRange(-7000, 50000),
        default=0,
        metavar="N",
        show_default=True,
        help="Added to every port (8001–8004, 9001–9004, 8025, 8026, 5680–5683); replica k takes 100·k more.",
    ),
    option(
        "--data-dir",
        env="OMBUD_DATA_DIR",
        type=_FOLDER,
        metavar="DIR",
        default=None,
        help=f"Databases, logs, token, broker; `run` takes {DATA_DIR}, `demo` a temporary one.",
    ),
    database_url,
    amqp_uri,
    option(
        "--smtp-url",
        env="OMBUD_SMTP_URL",
        default="",
        metavar="URL",
        help="smtp://… or smtps://… for real mail; else a local mail catcher.",
    ),
    option(
        "--sms-url",
        env="OMBUD_SMS_URL",
        default="",
        metavar="URL",
        help="Twilio's API, or what speaks like it; else no SMS.",
    ),
    option(
        "--replicas",
        env="OMBUD_REPLICAS",
        type=click.IntRange(1, 9),
        default=1,
        metavar="N",
        show_default=True,
        help="How many of each service (PostgreSQL only).",
    ),
)
feed_file = option(
    "--feed", env="OMBUD_FEED", type=_FILE, default=None, help="JSON Lines to feed instead of the samples."
)


def run_options(command: C) -> C:
    """All options of `ombud run`, in the order of its help."""
    for each in reversed(_RUN):
        command = each(command)
    return command


ELSEWHERE = {
    "intake": "OMBUD_INTAKE_URL",
    "routing": "OMBUD_ROUTING_URL",
    "escalation": "OMBUD_ESCALATION_URL",
    "notify": "OMBUD_NOTIFY_URL",
}


def services_elsewhere(command: C) -> C:
    """Where the four services are and who asks, for commands that talk to them; see `doors_to`."""
    text = "For a service elsewhere; else the local run's."
    for service, env in reversed(ELSEWHERE.items()):
        command = option(f"--{service}-url", env=env, default="", metavar="URL", help=text)(command)
    token = "A token with the scope operator; else the local run's."
    return data_dir(option("--token", env="OMBUD_API_TOKEN", default="", help=token)(command))


def doors_to(services: Sequence[str], data_dir: Path, token: str, named: Mapping[str, str]) -> Doors:
    """The doors of these services: those that are named by `<service>_url`, else the local run's. Raises Trouble."""
    urls = {name.removesuffix("_url"): url.rstrip("/") for name, url in named.items() if url}
    run = runfile.read(data_dir)
    if run is None and (missing := [service for service in services if service not in urls]):
        options = ", ".join(f"--{service}-url" for service in missing)
        raise Trouble(f"nothing runs in {data_dir.absolute()}: start `ombud run`, or name {options}")
    return Doors((run.doors.urls if run else {}) | urls, token or (run.token if run else ""))
