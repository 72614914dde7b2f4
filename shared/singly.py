"""Decides about many things so that one that cannot be decided does not keep the others. Used by ticks' use cases."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import structlog

from shared.errors import Fault, fault_of

log = structlog.get_logger()
Item = TypeVar("Item")
Decision = TypeVar("Decision")


def each(items: Iterable[Item], decide: Callable[[Item], Decision], what: str) -> tuple[list[Decision], list[Item]]:
    """Decides about each of some, and gives with the decisions those that failed; what: they are, for the log.

    For work that touches nothing outside: one that cannot be decided must not keep the others from their turn.
    """
    decided: list[Decision] = []
    failed: list[Item] = []
    for item in items:
        try:
            decided.append(decide(item))
        except Exception as error:
            if fault_of(error) is not Fault.OTHER:
                raise
            failed.append(item)
            log.error("not_decided", about=what, exc_info=error)
    return decided, failed
