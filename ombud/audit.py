"""`ombud audit`: asks the books of all services, holds them against each other, and says what does not add up."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from ombud import options, runfile
from ombud.asking import Asking
from ombud.outbox import LATE, age
from ombud.run import accounting
from ombud.run.accounting import Expected, Mails, Standing
from ombud.run.reckoning import Mailbox
from ombud.send.publisher import Depths
from shared import clock
from shared.contracts.topology import SERVICES

LOOK_EVERY = 0.5
PATIENCE = 10.0
_ELSE = "; neither: look for `purged` in docs/runbook.md"
# What each line means, and where to look.
REMEDIES = {
    accounting.NOT_CLASSIFIED: "intake took it and has no verdict: look into intake's log",
    accounting.NOT_IN_ROUTING: "ombud deadletters list --service routing; ombud outbox list --service intake" + _ELSE,
    accounting.WITHOUT_CASE: "ombud deadletters list --service escalation; ombud outbox list --service intake" + _ELSE,
    "alerts not in the mailbox": "look into the mail catcher's and notify's logs",
    "escalated without an alert": "ombud outbox list --service escalation; GET /v1/alerts?case_id=… of notify",
    "exhausted without an alert": "no supervisor fitted, and nobody was the last resort: ombud doctor; then "
    "GET /v1/cases?state=exhausted of escalation: take them",
    "dead letters": "ombud deadletters list",
    "outbox": "ombud outbox list; ombud doctor",
    "unaccounted": "alerts broke notify's book-keeping: look for alerts_unaccounted in docs/runbook.md",
    "auditor": "cases that nothing would move: escalation repairs them; look for audit_findings in docs/runbook.md",
    "mails": "somebody was told twice: look for the Message-ID in notify's log",
}


@dataclass(frozen=True)
class Look:
    """All that can be asked at one moment; late: seconds for which the oldest row of each outbox has waited."""

    summaries: Mapping[str, Mapping[str, Any]]
    late: Mapping[str, float]
    in_queues: int = 0
    mails: Mails | None = None


Amounts = dict[str, int]


def found(look: Look) -> Amounts:
    """What does not add up at one look, but for what is on its way; by what it is."""
    now = accounting.standing(look.summaries, look.in_queues)
    judged = accounting.judge(Expected(complaints=0, broken=now.quarantined), now, look.mails)
    moving = now.on_their_way + now.pending
    missing = {name: count - moving for name, count in judged.lost.items()}
    without_alert = judged.unsettled.get("escalated without an alert", 0) - moving - _ended(now)
    nobody = min(without_alert, now.exhausted)
    missing["escalated without an alert"], missing["exhausted without an alert"] = without_alert - nobody, nobody
    missing["dead letters"] = now.put_aside
    late = {service: s for service, s in look.late.items() if s > LATE}
    missing["mails that share a Message-ID with another"] = judged.duplicates
    missing |= {f"seconds that the oldest in the outbox of {service} waits": int(s) for service, s in late.items()}
    missing["unaccounted alerts"] = look.summaries["notify"].get("unaccounted", 0)
    for finding, count in look.summaries["escalation"].get("audit", {}).items():
        missing[f"auditor of escalation: {finding}"] = count
    return {name: count for name, count in missing.items() if count > 0}


def _ended(now: Standing) -> int:
    """Alerts that ended otherwise are no secret: they are counted, and the ladder climbs past them."""
    return now.failed + now.ambiguous


def lasting(
    look: Callable[[], Look], patience: float = PATIENCE, sleep: Callable[[float], None] = time.sleep
) -> Amounts:
    """What was there at every look: the least of each, as what is under way is gone at some look."""
    left = found(look())
    end = time.monotonic() + patience
    while left and time.monotonic() < end:
        sleep(LOOK_EVERY)
        now = found(look())
        left = {name: min(count, now[name]) for name, count in left.items() if name in now}
    return left


@click.command(short_help="Hold the books of all services against each other.")
@click.option(
    "--patience", default=PATIENCE, show_default=True, metavar="SECONDS", help="How long what is under way has."
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@options.services_elsewhere
def audit(patience: float, as_json: bool, **rest: Any) -> None:
    """Hold the books of all services against each other.

    Each complaint that intake has must be with routing and have a case, each escalation must have an alert, each alert
    an end (notify's books), each case something that will move it (escalation's auditor), and nothing may wait in an
    outbox for more than a minute. What does not add up at any look is shown; the exit code is 1 then.
    """
    left = lasting(_looking(rest), patience)
    if as_json:
        click.echo(json.dumps({"well": not left, "found": left}, indent=2))
    else:
        for name, count in left.items():
            click.echo(f"{count} {name}\n        → {_remedy(name)}")
        click.echo(_verdict(len(left)) if left else "the books add up")
    if left:
        raise SystemExit(1)


def _looking(rest: Mapping[str, Any]) -> Callable[[], Look]:
    run = runfile.read(rest["data_dir"])
    named = {name: url for name, url in rest.items() if name.endswith("_url")}
    asking = Asking(options.doors_to(SERVICES, rest["data_dir"], rest["token"], named))
    depths = Depths(run.amqp_uri) if run else None
    mailbox = Mailbox(run.mailbox_url) if run and run.mailbox_url else None

    def look() -> Look:
        late = {name: age(asking.get(name, "/v1/outbox")["oldest_at"], clock.now()) for name in SERVICES}
        # Who tells before who is told: what arrives between two questions then looks like too much, not too little.
        summaries = {name: asking.get(name, "/v1/summary") for name in SERVICES}
        in_queues = (depths.waiting() or 0) if depths else 0
        return Look(summaries, late, in_queues, mailbox.mails() if mailbox else None)

    return look


def _verdict(things: int) -> str:
    return "1 thing does not add up" if things == 1 else f"{things} things do not add up"


def _remedy(name: str) -> str:
    return next((remedy for key, remedy in REMEDIES.items() if key in name), "look into the logs of the services")
