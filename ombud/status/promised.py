"""Which of the five promises hold, as far as it can be seen from outside; pure. Shown by shown.py and by `--json`."""

from collections.abc import Callable
from dataclasses import dataclass

from ombud.outbox import seconds
from ombud.run import accounting
from ombud.screen import counted
from ombud.status.judged import late, lost, moving, no_way, unanswered
from ombud.status.look import State
from shared.contracts.topology import SERVICES


@dataclass(frozen=True)
class Promise:
    """holds: None = it cannot be said now."""

    name: str
    holds: bool | None
    shown: str


@dataclass(frozen=True)
class _Seen:
    """How a promise is seen, once the services that it needs told their counts."""

    needs: tuple[str, ...]
    holds: Callable[[State], bool]
    shown: Callable[[State], str]


def promises(state: State) -> list[Promise]:
    """Four of docs/architecture.md; that decisions explain themselves is shown by tests, and not by counts."""
    return [
        Promise(name, seen.holds(state), seen.shown(state))
        if state.tells(*seen.needs)
        else Promise(name, None, f"not told by {', '.join(one for one in seen.needs if not state.tells(one))}")
        for name, seen in _PROMISES.items()
    ]


def _is_kept(state: State) -> bool:
    return not (lost(state) or late(state))


def _has_owners(state: State) -> bool:
    told = accounting.standing(state.counts)
    return told.owned + moving(state) >= told.complaints


def _reaches(state: State) -> bool:
    return not (unanswered(state) or no_way(state))


def _complaints(state: State) -> str:
    return counted(state.counts["intake"]["complaints"], "complaint")


def _owners(state: State) -> str:
    routing = state.counts["routing"]
    longest = f" (up to {seconds(state.waiting_longest)})" if routing["waiting"] else ""
    return f"{routing['assigned']} assigned, {routing['waiting']} waiting{longest}"


def _cases(state: State) -> str:
    told = state.counts["escalation"]
    shown = {"open": "open", "escalated_now": "escalated", "acknowledged": "taken", "exhausted": "exhausted"}
    return ", ".join(f"{told[name]} {word}" for name, word in shown.items())


def _alerts(state: State) -> str:
    alerts = state.counts["notify"]["alerts"]
    return f"{counted(alerts['accepted'] + alerts['delivered'], 'alert')} taken, {alerts['ambiguous']} in doubt"


_PROMISES = {
    "accepted is never lost": _Seen(SERVICES, _is_kept, _complaints),
    "nobody is forgotten": _Seen(SERVICES, _has_owners, _owners),
    "it reaches someone": _Seen(("escalation", "notify"), _reaches, _cases),
    "nobody is told twice": _Seen(("notify",), lambda state: not state.counts["notify"]["unaccounted"], _alerts),
}
