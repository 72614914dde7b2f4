"""`ombud test-alert`: a test alert to every address of somebody, or of everyone, and what became of each."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import requests
from rich.table import Table

from ombud import options
from ombud.asking import why
from ombud.deadletters.shown import console, plain
from ombud.doors import Answer, Doors
from ombud.options import option
from ombud.trouble import Trouble
from services.notify.domain.alert import ENDED, REACHED, AlertState, ChannelName
from services.notify.domain.outcomes import Reason

EVERYONE = "everyone"
LOOK_EVERY = 0.5  # seconds
POST_WITHIN = 120.0  # seconds: of thousands of people, alerts are planned in parts
CHANNELS = [c.value for c in ChannelName if c is not ChannelName.NONE]
_SETTINGS: dict[str, str] = {
    ChannelName.EMAIL: "set OMBUD_SMTP_URL",
    ChannelName.SMS: "set OMBUD_SMS_URL or OMBUD_SMS_PROVIDERS",
    ChannelName.SLACK: "set OMBUD_SLACK_TOKEN",
}
IN_DOCS = "set what docs/channels.md says of it"
_DURATION = re.compile(r"(\d+)(s|m)?\Z")


@dataclass(frozen=True)
class Tried:
    """A test alert as it stands; `seconds`: from asking for it until it ended."""

    person: str
    channel: str
    address: str
    state: str
    reason: str
    seconds: float | None = None

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    @property
    def is_proven(self) -> bool:
        return self.state in REACHED

    def is_over(self, receipts: Sequence[str]) -> bool:
        """Whether nothing more is to be heard of it; receipts: the channels of which a delivery is told."""
        return self.has_ended and not (self.state == AlertState.ACCEPTED and self.channel in receipts)


class Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = _DURATION.match(str(value))
        if not found:
            self.fail(f"{value!r} is no time such as 60s or 5m", param, ctx)
        return float(found[1]) * (60 if found[2] == "m" else 1)


@click.command(short_help="Send test alerts, and show whether they arrive.")
@click.argument("person", metavar="PERSON|everyone")
@click.option("--channel", type=click.Choice(CHANNELS), help="Only this one; else every address is tried.")
@click.option("--wait", type=Duration(), default="60s", show_default=True, help="How long to follow them.")
@options.data_dir
@option("--token", env="OMBUD_API_TOKEN", default="", help="A token with the scope operator; else the local run's.")
@option("--notify-url", env="OMBUD_NOTIFY_URL", default="", help="For a service elsewhere; else the local run's.")
def test_alert(person: str, channel: str | None, wait: float, data_dir: Path, token: str, notify_url: str) -> None:
    """Send a test alert to every address of PERSON (`last-resort`: of whom that is), or of everyone.

    The exit code is 1 unless each of them was accepted, and delivered where receipts come. Quiet hours and limits do
    not hold for a test.
    """
    doors = options.doors_to(["notify"], data_dir, token, {"notify_url": notify_url})
    try:
        tried = follow(doors, send(doors, person, channel), wait)
    except requests.RequestException as error:
        raise Trouble(f"notify does not answer: {type(error).__name__}") from error
    console().print(as_table(tried))
    proven = sum(each.is_proven for each in tried)
    click.echo(f"{proven} of {len(tried)} addresses proven")
    for line in advice(tried):
        click.echo(line)
    if proven < len(tried):
        raise SystemExit(1)


def send(doors: Doors, person: str, channel: str | None) -> dict[str, Any]:
    """The answer to the post: the id of the test, and its alerts."""
    whom: dict[str, Any] = {EVERYONE: True} if person == EVERYONE else {"person": person}
    answer = doors.post("notify", "/v1/test-alerts", whom | ({"channel": channel} if channel else {}), POST_WITHIN)
    return _body(answer)


def follow(doors: Doors, test: dict[str, Any], wait: float, sleep: Callable[[float], None] = time.sleep) -> list[Tried]:
    """Looks until nothing more is to be heard of any alert, or the time is over."""
    end, receipts = time.monotonic() + wait, test["receipts"]
    addresses = {a["id"]: a["address"] or "" for a in test["alerts"]}
    while True:
        tried = [_tried(a, addresses.get(a["id"], "")) for a in _alerts(doors, test["test_id"])]
        if all(each.is_over(receipts) for each in tried) or time.monotonic() >= end:
            return sorted(tried, key=lambda t: (t.person, t.channel))
        sleep(LOOK_EVERY)


def _alerts(doors: Doors, test_id: str) -> list[dict[str, Any]]:
    found, after = list[dict[str, Any]](), ""
    while True:
        page = _body(doors.get("notify", "/v1/alerts", {"case_id": test_id, "after": after}))
        found += page["alerts"]
        if page["next"] is None:
            return found
        after = page["next"]


def _body(answer: Answer) -> dict[str, Any]:
    if not answer.is_ok:
        raise Trouble("; ".join(detail for _, detail in answer.errors) + why("notify", answer))
    return answer.body


def _tried(alert: dict[str, Any], address: str) -> Tried:
    seconds = _seconds(alert["created_at"], alert["ended_at"]) if alert["ended_at"] else None
    return Tried(alert["recipient"], alert["channel"], address, alert["state"], alert["reason"] or "", seconds)


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def advice(tried: list[Tried]) -> list[str]:
    """What to do about the channels that notify has no settings for: a line for each."""
    missing = sorted({each.channel for each in tried if each.reason == Reason.NOT_CONFIGURED})
    todo = {channel: _SETTINGS.get(channel, IN_DOCS) for channel in missing}
    return [f"nothing leaves by {channel}: {what}, and start notify anew" for channel, what in todo.items()]


def as_table(tried: list[Tried]) -> Table:
    table = Table()
    for title in ("person", "channel", "address", "outcome", "reason"):
        table.add_column(title)
    table.add_column("seconds", justify="right")
    for each in tried:
        outcome = each.state if each.has_ended else f"{each.state}, not ended"
        reason = each.reason if each.reason != each.state else ""
        seconds = "" if each.seconds is None else f"{each.seconds:.1f}"
        style = None if each.is_proven else "red"
        table.add_row(*map(plain, (each.person, each.channel, each.address, outcome, reason, seconds)), style=style)
    return table
