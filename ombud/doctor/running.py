"""Runs checks beside each other, each for itself: one that hangs or breaks is a finding, and keeps no other one up."""

import queue
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ombud.doctor.finding import Check, Finding, Found, Subject, fault, warning
from ombud.doctor.secrets import Veil

WITHIN = 20.0  # seconds for all checks, as they run at the same time
THREAD = "check"
Answers = queue.SimpleQueue[tuple[int, list[Finding]]]


def run(checks: Sequence[Check], veil: Veil, within: float = WITHIN) -> list[Found]:
    """All findings, the gravest first; what several services have in common is one."""
    answers: Answers = queue.SimpleQueue()
    for number, check in enumerate(checks):
        # Daemons: a look that hangs must not keep the command from ending.
        threading.Thread(target=_look, args=(number, check, answers), name=THREAD, daemon=True).start()
    found = _gathered(answers, len(checks), time.monotonic() + within)
    told = [(check, found.get(number, [_silent(within)])) for number, check in enumerate(checks)]
    return in_order(
        Found(check.subject, (check.service,) if check.service else (), _veiled(each, veil))
        for check, findings in told
        for each in findings
    )


def in_order(found: Iterable[Found]) -> list[Found]:
    """Gravest first, then in the order of the subjects."""
    together: dict[tuple[Subject, Finding], list[str]] = {}
    for each in found:
        together.setdefault((each.subject, each.finding), []).extend(each.services)
    merged = [Found(s, tuple(dict.fromkeys(names)), f) for (s, f), names in together.items()]
    return sorted(merged, key=lambda each: (-each.finding.gravity, list(Subject).index(each.subject)))


def _look(number: int, check: Check, answers: Answers) -> None:
    try:
        answers.put((number, list(check.look())))
    except Exception as error:  # noqa: BLE001  # the one boundary: whatever breaks here must not hide the rest
        why = f"the check itself broke: {type(error).__name__}: {error}"
        answers.put((number, [warning(why, "look at this by hand, and tell the makers of Ombud")]))


def _gathered(answers: Answers, wanted: int, until: float) -> dict[int, list[Finding]]:
    found: dict[int, list[Finding]] = {}
    while len(found) < wanted and (left := until - time.monotonic()) > 0:
        try:
            number, findings = answers.get(timeout=left)
        except queue.Empty:
            break
        found[number] = findings
    return found


def _silent(within: float) -> Finding:
    return fault(f"did not answer within {within:g} s", "see whether it hangs, or the network drops what it is sent")


def _veiled(finding: Finding, veil: Veil) -> Finding:
    return replace(finding, text=veil.over(finding.text), remedy=veil.over(finding.remedy))
