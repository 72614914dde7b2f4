"""What the doctor found, for people and for programs; the gravest first."""

from typing import Any

from rich.console import Console
from rich.text import Text

from ombud.deadletters.shown import plain
from ombud.doctor.finding import Found, Gravity

_STYLES = {Gravity.FAULT: "bold red", Gravity.WARNING: "yellow", Gravity.NOTE: ""}
_WORDS = {Gravity.FAULT: "fault", Gravity.WARNING: "warning", Gravity.NOTE: "note"}


def exit_code(found: list[Found]) -> int:
    """2 where something does not work, 1 where it will not always, else 0."""
    return max((int(each.finding.gravity) for each in found), default=0)


def show(found: list[Found], looked: int) -> None:
    out = Console(highlight=False, soft_wrap=True)  # a line that is cut in two cannot be searched for
    for each in found:
        gravity = each.finding.gravity
        where = ", ".join(each.services) or "all"
        head = f"{_WORDS[gravity]:8}{each.subject.value}, {where}: "
        out.print(Text(head, style=_STYLES[gravity]).append(plain(each.finding.text), style=_STYLES[gravity]))
        out.print(Text(f"        → {plain(each.finding.remedy)}"))
    out.print(Text(_summary(found, looked)))


def _summary(found: list[Found], looked: int) -> str:
    counts = {g: sum(each.finding.gravity is g for each in found) for g in sorted(Gravity, reverse=True)}
    told = [f"{n} {_WORDS[g]}{'' if n == 1 else 's'}" for g, n in counts.items() if n]
    return f"{looked} checks: " + (", ".join(told) or "all is well")


def as_json(found: list[Found], looked: int) -> dict[str, Any]:
    return {
        "well": exit_code(found) == 0,
        "checks": looked,
        "findings": [
            {
                "gravity": _WORDS[each.finding.gravity],
                "subject": each.subject.value,
                "services": list(each.services),
                "text": each.finding.text,
                "remedy": each.finding.remedy,
            }
            for each in found
        ],
    }
