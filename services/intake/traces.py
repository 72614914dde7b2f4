"""Whether a message tells of a certain customer, though nobody could work it off; pure. Asked by forgetting.py."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

import orjson

from services.intake.domain.matters import Known
from shared.messaging.envelope import Message

_NUMBER = re.compile(r"\d(?:[ ().\-/]{0,3}\d){5,}")
_SURE_REF = 4  # characters from which on a reference is looked for within texts, too
_SURE_DIGITS = 8
_KEYS_OF_IDS = ("id", "key", "number", "subject")
_WEBHOOKS = "intake.webhooks."


@dataclass(frozen=True)
class Wanted:
    """The names of a customer, and of their complaints: our ids, and (source, external id) as upstream has them."""

    complaint_ids: frozenset[str]
    named: frozenset[tuple[str, str]]
    customers: tuple[Known, ...]

    def is_in(self, message: Message, queue: str) -> bool:
        """Whether the message names the customer, or is about one of the complaints."""
        pairs = [*_walk(_document(message.body)), *message.headers.items()]
        return self._is_about(pairs, queue) or any(self._names(customer, pairs) for customer in self.customers)

    def _is_about(self, pairs: list[tuple[str, Any]], queue: str) -> bool:
        """By our id, or by what upstream calls it; the source of a webhook is in the name of its queue."""
        if any(str(value) in self.complaint_ids for _, value in pairs):
            return True
        sources = {str(value) for key, value in pairs if key.lower().endswith("source")}
        names = {str(value) for key, value in pairs if key.lower().endswith(_KEYS_OF_IDS)}
        webhook = queue.removeprefix(_WEBHOOKS) if queue.startswith(_WEBHOOKS) else None
        return any((source in sources or source == webhook) and id_ in names for source, id_ in self.named)

    def _names(self, customer: Known, pairs: list[tuple[str, Any]]) -> bool:
        texts = [(key, str(value).strip()) for key, value in pairs if isinstance(value, str | int)]
        return any(
            (customer.ref and _is_ref(customer.ref, key, text))
            or (customer.email and _stands_in(customer.email, text.casefold()))
            or (customer.phone and _is_number(customer.phone, text))
            for key, text in texts
        )


def _document(body: bytes) -> Any:
    """The body as JSON, else as text; of a form also what its percent signs stand for."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        text = body.decode("utf-8", "replace")
        return [text, unquote_plus(text)]


def _walk(document: Any) -> Iterator[tuple[str, Any]]:
    """Every single value, with the key under which it, or the list around it, stands."""
    # Not the stack of calls: what was put aside may be nested as deep as JSON goes.
    left: list[tuple[str, Any]] = [("", document)]
    while left:
        key, value = left.pop()
        if isinstance(value, dict):
            left += [(str(name), inner) for name, inner in value.items()]
        elif isinstance(value, list):
            left += [(key, inner) for inner in value]
        else:
            yield key, value


def _is_ref(ref: str, key: str, text: str) -> bool:
    """A short one counts only where a reference is written: `7` is a customer under `ref`, and a number elsewhere."""
    return (key == "ref" and text == ref) or (len(ref) >= _SURE_REF and _stands_in(ref, text))


def _stands_in(name: str, text: str) -> bool:
    return name in text and bool(re.search(rf"(?<![\w.+-]){re.escape(name)}(?![\w-])", text))


def _is_number(digits: str, text: str) -> bool:
    """With or without the code of the country."""
    for match in _NUMBER.finditer(text):
        found = "".join(filter(str.isdigit, match[0])).lstrip("0")
        shorter, longer = sorted((found, digits), key=len)
        if found == digits or (len(shorter) >= _SURE_DIGITS and longer.endswith(shorter)):
            return True
    return False
