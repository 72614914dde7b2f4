"""Times in the many forms that upstream systems write; called by the kinds and the signatures."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

MILLISECONDS_FROM = 10**11  # in seconds that would be the year 5138
_NUMBER = re.compile(r"\d{1,16}(\.\d+)?")


def instant(value: Any) -> datetime | None:
    """An aware instant in UTC from a number of seconds or milliseconds, ISO 8601 with an offset, or a mail's date.

    None when it is no time, or lacks its offset: then nobody knows the hour.
    """
    text = str(value).strip()
    if isinstance(value, bool) or not text or len(text) > 100:
        return None
    try:
        found = _from_number(float(text)) if _NUMBER.fullmatch(text) else _from_text(text)
        return found.astimezone(UTC) if found and found.tzinfo else None
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None


def written(value: Any) -> str | None:
    """The same as RFC 3339 text."""
    found = instant(value)
    return found.isoformat().replace("+00:00", "Z") if found else None


def _from_number(number: float) -> datetime:
    return datetime.fromtimestamp(number / 1000 if number >= MILLISECONDS_FROM else number, UTC)


def _from_text(text: str) -> datetime:
    if text[:1].isdigit() and "-" in text[:5]:
        return datetime.fromisoformat(text)
    return parsedate_to_datetime(text)
