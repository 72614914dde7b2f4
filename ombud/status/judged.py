"""What somebody must look at, gravest first; pure. Asked by promised.py and shown.py."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ombud.deadletters.shown import plain
from ombud.outbox import LATE, age, seconds
from ombud.run import accounting
from ombud.run.accounting import Expected
from ombud.run.preflight import NEEDED_MB
from ombud.screen import counted
from ombud.status.look import State
from shared.contracts.topology import QUEUES, SERVICES

MB = 2**20
SLOW_QUEUE = 1000  # messages in one queue
# What the auditor of escalation looks for.
FOUND = {
    "no_due": "nothing would have moved them",
    "no_outcome": "notify has not said what became of their alerts",
    "late": "their deadline is late",
}


@dataclass(frozen=True)
class Trouble:
    """is_grave: a promise is broken, or soon will be; else worth a look by day. remedy: what to do."""

    text: str
    remedy: str
    is_grave: bool = True


def troubles(state: State) -> list[Trouble]:
    found = [*_disk(state), *_not_ready(state), *_broker(state), *late(state), *lost(state)]
    found += [*unanswered(state), *_alerting(state), *_put_aside(state)]
    return sorted(found, key=lambda one: not one.is_grave)


def _disk(state: State) -> Iterator[Trouble]:
    """A full one lets every service answer, and none store: nothing else on this screen would show it."""
    if state.free is not None and state.free < NEEDED_MB * MB:
        yield Trouble(
            f"{state.free // MB} MB are free on the disk: soon nothing can be stored",
            f"free some: at least {NEEDED_MB} MB are needed",
        )


def _not_ready(state: State) -> Iterator[Trouble]:
    for one in state.seen:
        if not one.is_ready:
            yield Trouble(
                f"{one.process.name}: {one.readiness}",
                f"ombud doctor --service {one.process.service}; {one.process.log}",
            )
    for service in SERVICES:
        if not state.counts.get(service) and any(one.is_ready for one in state.of(service)):
            yield Trouble(f"{service} is ready, and does not tell its counts", "look into its log, and at the token")


def _broker(state: State) -> Iterator[Trouble]:
    if state.queues is None:
        yield Trouble("the broker does not answer: events wait in the outboxes", "ombud doctor")
        return
    for queue in QUEUES:
        if queue.name not in state.queues:
            yield Trouble(f"the queue {queue.name} is missing", "start its service, or run `ombud topology`")
    for name, depth in state.queues.items():
        if not depth.consumers and depth.messages:
            yield Trouble(
                f"nobody reads {name}, {depth.messages} wait in it", f"ombud doctor --service {name.partition('.')[0]}"
            )
        elif depth.messages > SLOW_QUEUE:
            yield Trouble(
                f"{depth.messages} wait in {name}", "see whether they grow fewer; add replicas", is_grave=False
            )


def late(state: State) -> list[Trouble]:
    return [
        Trouble(f"{told['waiting']} wait in the outbox of {service}, the oldest for {seconds(waited)}", "ombud outbox")
        for service, told in state.outboxes.items()
        if told and (waited := age(told["oldest_at"], state.now)) > LATE
    ]


def lost(state: State) -> list[Trouble]:
    """What is missing though nothing is on its way that could bring it."""
    if not state.tells(*SERVICES):
        return []
    now = accounting.standing(state.counts)
    judged = accounting.judge(Expected(0, now.quarantined), now, None)
    return [
        Trouble(f"{counted(count - moving(state), 'complaint')} {name}", "ombud audit")
        for name, count in judged.lost.items()
        if count > moving(state)
    ]


def unanswered(state: State) -> list[Trouble]:
    escalation = state.counts.get("escalation") or {}
    found = []
    if n := escalation.get("exhausted"):
        found.append(
            Trouble(
                f"{counted(n, 'case')} exhausted: nobody answered on any level",
                "GET /v1/cases?state=exhausted of escalation: take them, or call somebody",
            )
        )
    if (behind := lag(state)) > LATE:
        found.append(Trouble(f"deadlines are {seconds(behind)} late", "is escalation's database slow? ombud doctor"))
    for finding, n in escalation.get("audit", {}).items():
        if n:
            found.append(Trouble(f"{counted(n, 'case')}: {FOUND.get(finding, finding)} ({finding})", "ombud audit"))
    return found


def no_way(state: State) -> list[Trouble]:
    """Why an alert could reach nobody."""
    found, notify = [], _notify(state)
    if notify and not notify["channels"]:
        found.append(Trouble("no channel is configured, so nobody is alerted", "set OMBUD_SMTP_URL or another channel"))
    return found


def _alerting(state: State) -> Iterator[Trouble]:
    if not state.tells("notify"):
        return
    yield from no_way(state)
    yield from _last_resort(_notify(state))
    if n := _notify(state)["unaccounted"]:
        yield Trouble(f"{counted(n, 'alert')} broke the book-keeping", "ombud audit")
    for labels, value in (pair for one in state.of("notify") for pair in one.labelled("ombud_provider_breakers_open")):
        if value:
            yield Trouble(
                f"the provider {labels['provider']} of {labels['channel']} is away", "ombud doctor --service notify"
            )


def _last_resort(notify: dict[str, Any]) -> Iterator[Trouble]:
    who = notify["last_resort"]
    if who is None:
        yield Trouble("last resort: NOBODY hears of cases that nobody answered", "set OMBUD_LAST_RESORT")
    elif not notify["last_resort_reachable"]:
        yield Trouble(
            f"last resort: {plain(who)} CANNOT BE REACHED: no contact, or no configured channel",
            "ombud doctor --service notify",
        )


def _put_aside(state: State) -> Iterator[Trouble]:
    """In intake they are messages that could not be read; elsewhere they are events of ours, which is a fault."""
    for service in SERVICES:
        if n := (state.counts.get(service) or {}).get("plumbing", {}).get("dead_letters"):
            remedy = f"ombud deadletters list --service {service}"
            yield Trouble(f"{counted(n, 'dead letter')} in {service}", remedy, is_grave=service != "intake")


def _notify(state: State) -> dict[str, Any]:
    return dict(state.counts.get("notify") or {})


def moving(state: State) -> int:
    now = accounting.standing(state.counts, sum(depth.messages for depth in (state.queues or {}).values()))
    return now.on_their_way + now.pending


def lag(state: State) -> float:
    """Seconds for which the oldest deadline of escalation has been waiting to be worked off."""
    return _value(state, "escalation", "ombud_due_oldest_seconds")


def _value(state: State, service: str, name: str) -> float:
    return max((one.value(name) or 0.0 for one in state.of(service)), default=0.0)
