"""A complaint as facts name=value into the event that tells of it; used by `ombud policy try`."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from ombud.trouble import Trouble
from services.escalation.domain.conditions import ASK_KINDS, NOT_ASKED
from shared.codes import UNKNOWN_LANGUAGE, language_code, region_code
from shared.contracts.event import Severity
from shared.contracts.intake import ComplaintClassified, Customer, complaint_id
from shared.hours.schedule import Zone
from shared.policy.fields import severity_of

SOURCE, NAME = "trial", "facts"


def _counted(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) == int(text)):
        raise ValidationError(f"{text!r} is no number of contacts")
    return int(text)


def _asked(text: str) -> str:
    if text not in (NOT_ASKED, *ASK_KINDS):
        raise ValidationError(f"{text!r} is none of {', '.join((NOT_ASKED, *ASK_KINDS))}")
    return text


def _share(text: str) -> float:
    if not re.fullmatch(r"[0-9](\.[0-9]{1,4})?", text) or float(text) > 1:
        raise ValidationError(f"{text!r} is no number from 0 to 1")
    return float(text)


def instant(text: str) -> datetime:
    """Raises ValidationError for what is no time with an offset."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValidationError(f"{text!r} is no time; write 2026-11-26T20:00:00Z") from error
    if at.tzinfo is None:
        raise ValidationError(f"{text!r} does not say in which zone; write 2026-11-26T20:00:00Z")
    return at


_READ: Mapping[str, Callable[[str], Any]] = {
    "category": str,
    "severity": severity_of,
    "region": region_code,
    "language": language_code,
    "customer_language": language_code,
    "tier": str,
    "channel": str,
    "flags": lambda text: tuple(text.split(",")),
    "product": str,
    "campaign": str,
    "contact_count": _counted,
    "contacts": _counted,
    "asked": _asked,
    "anger": _share,
    "timezone": Zone().deserialize,
    "at": instant,
}


def read_facts(written: Sequence[str]) -> dict[str, Any]:
    """The facts by name; raises Trouble for what cannot be read."""
    found: dict[str, Any] = {}
    for one in written:
        name, sign, text = one.partition("=")
        if name not in _READ or not sign:
            raise Trouble(f"{one!r} is no fact; write name=value, with one of {', '.join(_READ)}")
        try:
            found[name] = _READ[name](text)
        except ValidationError as error:
            raise Trouble(f"{name}: {' '.join(map(str, error.messages))}") from error
    return found


def event_of(facts: Mapping[str, Any], at: datetime) -> ComplaintClassified:
    """A new complaint with these facts, received then."""
    asked = facts.get("asked", NOT_ASKED)
    customer = Customer(
        None,
        facts.get("tier"),
        facts.get("region"),
        facts.get("customer_language"),
        facts.get("timezone"),
    )
    return ComplaintClassified(
        complaint_id=complaint_id(SOURCE, NAME),
        revision=1,
        source=SOURCE,
        external_id=NAME,
        channel=facts.get("channel", "unknown"),
        customer=customer,
        received_at=at,
        language=facts.get("language") or UNKNOWN_LANGUAGE,
        category=facts.get("category", "other"),
        severity=facts.get("severity", Severity.LOW),
        anger=facts.get("anger", 0.0),
        asks_supervisor=asked != NOT_ASKED,
        contact_count=facts.get("contacts", facts.get("contact_count", 1)),
        excerpt="",
        rules=(),
        rules_version="",
        product=facts.get("product"),
        flags=facts.get("flags", ()),
        asks_kind=asked,
        campaign=facts.get("campaign"),
        contacted_at=at,
    )
