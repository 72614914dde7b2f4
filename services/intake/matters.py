"""Which contacts belong to one matter, and what many of them mean; pure. Asked by the use cases."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import NamedTuple

from services.intake.classify.company import MatterRules
from services.intake.domain import Person, Submission, Verdict
from shared.contracts.event import Severity

REPEATED = "any.matter.repeated"
_REPEAT_FLAG = "repeat_contact"
_WORD = re.compile(r"\w+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_COMPARED_WORDS = 400
_LEAST_DIGITS = 6


class Known(NamedTuple):
    """By what one customer is known again, whichever system tells of them; None where nothing is known."""

    ref: str | None
    email: str | None
    phone: str | None

    def is_same(self, other: "Known") -> bool:
        return any(mine is not None and mine == theirs for mine, theirs in zip(self, other, strict=True))


@dataclass(frozen=True)
class Earlier:
    """A contact of the same customer that came before, and the complaint that has it."""

    complaint_id: str
    channel: str
    text: str
    customer: Known


def known(person: Person) -> Known:
    digits = "".join(filter(str.isdigit, person.phone or "")).lstrip("0")
    return Known(
        person.ref or None,
        person.email.casefold() if person.email else None,
        digits if len(digits) >= _LEAST_DIGITS else None,
    )


def same_matter(new: Submission, earlier: Iterable[Earlier], rules: MatterRules) -> str | None:
    """The complaint that the customer has told us of already, in nearly the same words, on another channel."""
    customer, words = known(new.customer), _words(new.text)
    for one in earlier:
        if one.channel == new.channel or not one.customer.is_same(customer):
            continue
        if _similarity(words, _words(one.text)) >= rules.similarity:
            return one.complaint_id
    return None


def _words(text: str) -> Sequence[str]:
    return [w for w in _WORD.findall(_UNSPACED.sub(r" \g<0> ", text.casefold()))][:_COMPARED_WORDS]


def _similarity(one: Sequence[str], other: Sequence[str]) -> float:
    if not one or not other:
        return 0.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


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
