"""`ombud bounce`: hands a mail that came back to notify; a mail server pipes it in, `|ombud bounce` in its aliases."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import click
import requests

from ombud import options
from ombud.doors import Answer
from ombud.options import option
from ombud.trouble import Trouble

DOOR, MEDIA = "/v1/bounces", "message/rfc822"
NOTHING = 65  # EX_DATAERR of sysexits.h: the mail is no report of ours, and would be none later
LATER = os.EX_TEMPFAIL  # the mail server keeps the mail and tries again


@click.command(short_help="Hand in a mail that came back.")
@options.data_dir
@option("--token", env="OMBUD_API_TOKEN", default="", help="A token with the scope provider; else the local run's.")
@option("--notify-url", env="OMBUD_NOTIFY_URL", default="", help="For a notify elsewhere; else the local run's.")
def bounce(data_dir: Path, token: str, notify_url: str) -> None:
    """Read a mail from standard input, a report that an alert could not be delivered, and tell notify of it.

    The exit code is for mail servers: 75 when notify cannot take it now, so that the mail is kept and comes again; 65
    when it is no report of an alert.
    """
    mail = sys.stdin.buffer.read()
    try:
        doors = options.doors_to(("notify",), data_dir, token, {"notify_url": notify_url})
    except Trouble as trouble:
        _leave(LATER, str(trouble))
    try:
        answer = doors.post_bytes("notify", DOOR, MEDIA, mail)
    except requests.RequestException as error:
        _leave(LATER, f"notify does not answer at {doors.urls['notify']}: {type(error).__name__}")
    if not answer.is_ok:
        _leave(exit_code(answer.status), f"notify does not take it: {answer.errors[0][1]}")
    click.echo(said(answer))


def exit_code(status: int) -> int:
    """For a refusal: a wrong token can be mended while the mail waits, what the mail says cannot."""
    return NOTHING if 400 <= status < 500 and status not in (401, 403, 408, 429) else LATER


def said(answer: Answer) -> str:
    """What it did, on one line."""
    effects = ", ".join(f"{number} {name}" for name, number in answer.body["effects"].items())
    return f"alerts: {effects}" if effects else "nothing is settled by it yet"


def _leave(code: int, why: str) -> NoReturn:
    click.echo(f"ombud: {why}", err=True)
    sys.exit(code)
