"""The dead letters of the running services, asked by HTTP; every refusal is one line. Called by command.py."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import requests

from ombud.asking import why
from ombud.doors import Answer, Doors
from ombud.trouble import Trouble

PATH = "/v1/dead-letters"
SETTLED_WITHIN = 60.0  # seconds for all replays to be worked off
LOOK_EVERY = 0.25
NOTHING = {"queue": "-"}  # a filter that no letter fits, to be told only how many replays are under way


@dataclass(frozen=True)
class Letter:
    """A dead letter and whose it is; `told` is what the service says of it."""

    service: str
    told: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.told["id"])


@dataclass
class Outcome:
    """What became of replays. back: those that failed again; refused: (id, why)."""

    worked_off: list[str] = field(default_factory=list)
    sent_back: list[str] = field(default_factory=list)
    back: list[Letter] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    under_way: int = 0

    @property
    def is_good(self) -> bool:
        return not (self.back or self.refused or self.under_way)


class Quarantine:
    """The dead letters of some services."""

    def __init__(self, doors: Doors, services: Sequence[str]):
        self._doors, self._services = doors, services

    def answering(self) -> tuple["Quarantine", list[Trouble]]:
        """Those of the services that answer, and why the others do not; raises Trouble when none does."""
        silent: dict[str, Trouble] = {}
        for service in self._services:
            try:
                self._page(service, NOTHING)
            except Trouble as trouble:
                silent[service] = trouble
        if len(silent) == len(self._services):
            raise next(iter(silent.values()))
        return Quarantine(self._doors, [one for one in self._services if one not in silent]), list(silent.values())

    def newest(self, wanted: Mapping[str, str]) -> tuple[list[Letter], bool]:
        """The first page of each service, newest first; whether there are more."""
        pages = {service: self._page(service, wanted) for service in self._services}
        found = [Letter(service, each) for service, page in pages.items() for each in page["dead_letters"]]
        return _newest_first(found), any(page["next"] for page in pages.values())

    def all(self, wanted: Mapping[str, str]) -> list[Letter]:
        return _newest_first([letter for service in self._services for letter in self._pages(service, wanted)])

    def _pages(self, service: str, wanted: Mapping[str, str]) -> Iterator[Letter]:
        after: str | None = None
        while True:
            page = self._page(service, {**wanted, "after": after} if after else wanted)
            yield from (Letter(service, each) for each in page["dead_letters"])
            if not (after := page["next"]):
                return

    def _page(self, service: str, wanted: Mapping[str, str]) -> dict[str, Any]:
        answer = self._ask("get", service, PATH, wanted)
        if not answer.is_ok:
            at, text = answer.errors[0]
            raise Trouble(f"{at.replace('/', '--')}: {text}")
        return answer.body

    def find(self, id_: str) -> Letter:
        """Whole, from whichever service has it; raises Trouble when none does."""
        for service in self._services:
            if letter := self._look_for(service, id_):
                return letter
        raise Trouble(
            f"no dead letter {id_} in {', '.join(self._services)}: `ombud deadletters list` shows what is there"
        )

    def _look_for(self, service: str, id_: str) -> Letter | None:
        answer = self._ask("get", service, f"{PATH}/{quote(id_, safe='')}")
        return Letter(service, answer.body) if answer.is_ok else None

    def replay(self, letter: Letter, correction: dict[str, str]) -> Answer:
        return self._ask("post", letter.service, f"{PATH}/{quote(letter.id, safe='')}/replay", correction)

    def discard(self, letter: Letter, why: dict[str, str]) -> Answer:
        return self._ask("post", letter.service, f"{PATH}/{quote(letter.id, safe='')}/discard", why)

    def settle(self, replayed: list[tuple[Letter, Answer]]) -> Outcome:
        """Waits until what was let go has been worked off, and sees what came back."""
        outcome = Outcome()
        went = [(letter, answer.body) for letter, answer in replayed if answer.is_ok]
        outcome.refused = [(letter.id, answer.errors[0][1]) for letter, answer in replayed if not answer.is_ok]
        outcome.under_way = self._wait({letter.service for letter, _ in went})
        for letter, body in went:
            if body["comes_back_as"] is None:
                outcome.sent_back.append(letter.id)
            elif back := self._look_for(letter.service, body["comes_back_as"]):
                outcome.back.append(back)
            else:
                outcome.worked_off.append(letter.id)
        return outcome

    def _wait(self, services: set[str]) -> int:
        end = time.monotonic() + SETTLED_WITHIN
        while (left := self._under_way(services)) and time.monotonic() < end:
            time.sleep(LOOK_EVERY)
        return left

    def _under_way(self, services: set[str]) -> int:
        return sum(int(self._page(service, NOTHING)["under_way"]) for service in services)

    def _ask(self, method: str, service: str, path: str, data: Any = None) -> Answer:
        try:
            answer: Answer = getattr(self._doors, method)(service, path, data)
        except requests.RequestException as error:
            where = self._doors.urls[service]
            raise Trouble(f"{service} does not answer at {where}: {type(error).__name__}") from error
        if answer.status in (401, 403):
            raise Trouble(f"{service} refuses the token: {answer.errors[0][1]}; give another with --token")
        if answer.status >= 500:
            raise Trouble(f"{service} could not do it: {answer.errors[0][1]}{why(service, answer)}")
        return answer


def _newest_first(letters: list[Letter]) -> list[Letter]:
    return sorted(letters, key=lambda letter: str(letter.told["dead_at"]), reverse=True)
