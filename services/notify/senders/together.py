"""Joins what many senders want from the database at the same moment into one transaction. Used by the dispatcher."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from shared.errors import Fault, fault_of

log = structlog.get_logger()
Wish = TypeVar("Wish")
Answer = TypeVar("Answer")
PATIENCE = 90.0  # seconds in which a database that went away is asked again


@dataclass(eq=False)
class _Waiting(Generic[Wish, Answer]):
    wish: Wish
    answer: Answer | None = None
    error: Exception | None = None
    is_done: bool = False


class Together(Generic[Wish, Answer]):
    """`ask(wish)` from any number of threads or greenlets; `work` answers all that wait, in their order, in one go.

    work: one transaction; it must be harmless when it is run again after its answer was lost. linger: the seconds to
    wait for company, asked each time; a transaction for one costs as much as one for many.
    """

    def __init__(
        self, name: str, work: Callable[[list[Wish]], list[Answer]], linger: Callable[[], float] = lambda: 0.0
    ):
        self._name, self._work, self._linger = name, work, linger
        self._turn = threading.Lock()
        self._waiting: list[_Waiting[Wish, Answer]] = []

    def ask(self, wish: Wish) -> Answer:
        mine: _Waiting[Wish, Answer] = _Waiting(wish)
        self._waiting.append(mine)
        with self._turn:
            if not mine.is_done:  # else the one whose turn was before has taken this wish along
                time.sleep(self._linger())
                self._answer_all()
        if mine.error is not None:
            raise mine.error
        return mine.answer  # type: ignore[return-value]

    def _answer_all(self) -> None:
        together, self._waiting = self._waiting, []
        try:
            for one, answer in zip(together, self._patiently([one.wish for one in together]), strict=True):
                one.answer = answer
        except Exception as error:  # noqa: BLE001 - handed to each who waits; `ask` raises it
            for one in together:
                one.error = error
        for one in together:
            one.is_done = True

    def _patiently(self, wishes: list[Wish]) -> list[Answer]:
        started, attempt = time.monotonic(), 0
        while True:
            try:
                return self._work(wishes)
            except Exception as error:
                if fault_of(error) is Fault.OTHER or time.monotonic() - started > PATIENCE:
                    raise
                attempt += 1
                log.warning("database_asked_again", what=self._name, attempt=attempt, error=type(error).__name__)
                time.sleep(min(2.0, 0.05 * 2**attempt))
