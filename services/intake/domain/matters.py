"""Which contacts belong to one matter, and what many of them mean; pure. Asked by the use cases."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import SequenceMatcher
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from services.intake.domain.complaint import Person, Submission
from services.intake.domain.verdict import Verdict
from shared.contracts.event import Severity

REPEATED = "any.matter.repeated"
_REPEAT_FLAG = "repeat_contact"
_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
MOST_COMPARED = 50  # texts that came before under one name, the newest; "guest" may be the reference of thousands
COMPARED_CHARACTERS = 8000
_COMPARED_WORDS = 400
_MOST_PAIRS = 10_000  # a word of one text with the same word of the other; texts that people write have a third of it
_LEAST_DIGITS = 6


@dataclass(frozen=True)
class MatterRules:
    """Of company.yml. similarity: 0 to 1, share of the words, in order, that two texts have in common.

    The contact number `repeat_contacts` within `repeat_within` raises the severity one step, at most to `repeat_most`.
    """

    window: timedelta = timedelta(hours=24)
    similarity: float = 0.85
    repeat_contacts: int = 3
    repeat_within: timedelta = timedelta(days=7)
    repeat_most: str = "high"


class Known(NamedTuple):
    """By what one customer is known again, whichever system tells of them; None where nothing is known."""

    ref: str | None
    email: str | None
    phone: str | None

    def names(self) -> list[tuple[str, str]]:
        """All of them that are there, each with what it is."""
        return [(field, name) for field, name in zip(self._fields, self, strict=True) if name is not None]


@dataclass(frozen=True)
class Earlier:
    """A contact of the same customer that came before, and the complaint that has it."""

    complaint_id: str
    channel: str
    text: str
    customer: Known

    @cached_property
    def words(self) -> Sequence[str]:
        return _words(self.text)


def known(person: Person) -> Known:
    digits = "".join(filter(str.isdigit, person.phone or "")).lstrip("0")
    return Known(
        person.ref or None,
        person.email.casefold() if person.email else None,
        digits if len(digits) >= _LEAST_DIGITS else None,
    )


class Told:
    """What customers told before, found by any of the names by which a customer is known; each name's newest first."""

    def __init__(self, newest_first: Sequence[Earlier]) -> None:
        self._by_name: dict[tuple[str, str], list[Earlier]] = {}
        for one in reversed(newest_first):
            self.add(one)

    def add(self, newest: Earlier) -> None:
        for name in newest.customer.names():
            self._by_name.setdefault(name, []).append(newest)

    def by(self, customer: Known, besides: str) -> list[Earlier]:
        """What is to be compared with something new that comes on the channel `besides`: of each name the newest."""
        found: dict[Earlier, None] = {}
        for name in customer.names():
            others = (one for one in reversed(self._by_name.get(name, ())) if one.channel != besides)
            found |= dict.fromkeys(islice(others, MOST_COMPARED))
        return list(found)


def same_matter(new: Submission, told: Told, rules: MatterRules) -> str | None:
    """The complaint that the customer has told us of already, in nearly the same words, on another channel."""
    others = told.by(known(new.customer), new.channel)
    words = _words(new.text) if others else ()
    alike = (one for one in others if _is_alike(words, one.words, rules.similarity))
    return next((one.complaint_id for one in alike), None)


def _words(text: str) -> Sequence[str]:
    return [w for w in _WORD.findall(_UNSPACED.sub(r" \g<0> ", text[:COMPARED_CHARACTERS].casefold()))][
        :_COMPARED_WORDS
    ]


def _is_alike(one: Sequence[str], other: Sequence[str], least: float) -> bool:
    if not one or not other:
        return False
    # Two bounds that cost little: in order, words are compared for seconds if a text is a few of them over and over.
    times = Counter(other)
    if sum(times[word] * number for word, number in Counter(one).items()) > _MOST_PAIRS:
        return one == other
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.quick_ratio() >= least and matcher.ratio() >= least


def is_repeated(contacts_within: int, rules: MatterRules) -> bool:
    """Whether the newest contact is the one that raises; `contacts_within` counts it, too."""
    return contacts_within == rules.repeat_contacts


def raised(verdict: Verdict, rules: MatterRules) -> Verdict:
    """The verdict one step more severe, with the flag and the rule that say why."""
    ranked = sorted(Severity, key=lambda s: s.rank)
    one_up = ranked[min(verdict.severity.rank + 1, Severity(rules.repeat_most).rank)]
    return replace(
        verdict,
        severity=max(verdict.severity, one_up, key=lambda s: s.rank),
        flags=tuple(sorted({*verdict.flags, _REPEAT_FLAG})),
        rules=tuple(dict.fromkeys((*verdict.rules, REPEATED))),
    )
