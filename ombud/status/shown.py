"""The one screen of `ombud status`: what is red first, then the promises, then the parts; made for 80 by 24."""

from collections.abc import Iterator

from rich.text import Text

from ombud.deadletters.shown import plain
from ombud.outbox import seconds
from ombud.status.judged import Trouble, lag, troubles
from ombud.status.look import Seen, State
from ombud.status.promised import Promise, promises

RED, YELLOW, DIM = "bold red", "yellow", "dim"
WIDTH = 80
MOST_RED = 6
MOST_QUEUES = 4
STATES = ("pending", "accepted", "delivered", "failed", "suppressed", "ambiguous")
SELDOM = ("delivered", "suppressed")


def screen(state: State) -> Iterator[Text]:
    found = troubles(state)
    yield _head(state, found)
    for trouble in found[:MOST_RED]:
        yield from _trouble(trouble)
    if len(found) > MOST_RED:
        yield Text(f"  and {len(found) - MOST_RED} more: --json shows all", style=RED)
    yield from map(_promise, promises(state))
    yield Text(
        f"{'service':12} {'state':10}{'version':9}{'up':>8}{'port':>7}{'outbox':>8}{'retries':>8}{'dead':>6}", style=DIM
    )
    for one in state.seen:
        yield _service(state, one)
    yield _part("queues", _queues(state))
    yield _part("deadlines", f"the oldest is {seconds(lag(state))} late")
    yield _part("alerts", _alerts(state))
    yield _part("providers", _providers(state))
    yield _part("mail", state.mailbox or "goes out by SMTP")


def _head(state: State, found: list[Trouble]) -> Text:
    ready = sum(one.is_ready for one in state.seen)
    grave = sum(trouble.is_grave for trouble in found)
    word = "all is well" if not grave else f"{grave} to mend now"
    at = state.now.strftime("%Y-%m-%d %H:%M UTC")
    return Text(f"ombud · {at} · {ready} of {len(state.seen)} ready · {word}", style="bold" if not grave else RED)


def _trouble(trouble: Trouble) -> Iterator[Text]:
    style = RED if trouble.is_grave else YELLOW
    line = Text(f"  {'!' if trouble.is_grave else '·'} {trouble.text}", style=style)
    told = f"→ {trouble.remedy}"
    if len(line) + len(told) + 2 <= WIDTH:
        yield line.append(f"  {told}", style="")
    else:
        yield line
        yield Text(f"    {told}")


def _promise(promise: Promise) -> Text:
    word = {True: "holds", False: "BROKEN", None: "unknown"}[promise.holds]
    return Text(f"{word:8}", style="green" if promise.holds else RED).append(
        f"{promise.name:22}  {promise.shown}", style=""
    )


def _service(state: State, one: Seen) -> Text:
    p, plumbing = one.process, state.counts.get(one.process.service, {}).get("plumbing", {})
    up = seconds((state.now - one.since).total_seconds()) if one.since else "?"
    told = "".join(
        f"{plumbing.get(name, '?'):>{width}}" for name, width in (("outbox", 8), ("retries", 8), ("dead_letters", 6))
    )
    word = "ready" if one.is_ready else "NOT READY"
    return Text(f"{p.name:12} {word:10}{one.version:9}{up:>8}{p.port:>7}{told}", style="" if one.is_ready else RED)


def _part(name: str, text: str) -> Text:
    return Text(f"{name:12} ").append(text)


def _queues(state: State) -> str:
    if state.queues is None:
        return "the broker does not answer"
    full = sorted(((d.messages, name) for name, d in state.queues.items() if d.messages), reverse=True)
    shown = ", ".join(f"{n} in {name}" for n, name in full[:MOST_QUEUES]) + (" …" if len(full) > MOST_QUEUES else "")
    return shown or f"all {len(state.queues)} empty"


def _alerts(state: State) -> str:
    alerts = state.counts.get("notify", {}).get("alerts", {})
    shown = [f"{alerts[name]} {name}" for name in STATES if name in alerts and (alerts[name] or name not in SELDOM)]
    under_way = alerts.get("claimed", 0) + alerts.get("handed_off", 0)
    return ", ".join([*shown, *([f"{under_way} being sent"] if under_way else [])]) or "not known"


def _providers(state: State) -> str:
    notify = state.counts.get("notify", {})
    if not notify:
        return "not known"
    breakers = (pair for one in state.of("notify") for pair in one.labelled("ombud_provider_breakers_open"))
    away = {labels["provider"] for labels, is_open in breakers if is_open}
    channels = ", ".join(notify["channels"]) or "no channel"
    last = plain(notify["last_resort"] or "NOBODY")
    return f"{channels}; {'away: ' + ', '.join(sorted(away)) if away else 'none away'}; last resort {last}"
