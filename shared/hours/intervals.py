"""Half-open intervals of time and what is left of some without others; used by whoever compares hours."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

Interval = tuple[datetime, datetime]
_UNITS = (("d", 86400), ("h", 3600), ("m", 60))


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """In order, none touching the next."""
    found: list[Interval] = []
    for start, end in sorted(intervals):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif start < end:
            found.append((start, end))
    return found


def without(intervals: Sequence[Interval], taken: Sequence[Interval]) -> list[Interval]:
    """What of the first is not in the second; both as `merged` gives them."""
    left: list[Interval] = []
    place = 0
    for start, end in intervals:
        while place < len(taken) and taken[place][1] <= start:
            place += 1
        ahead = place
        while ahead < len(taken) and taken[ahead][0] < end:
            if start < taken[ahead][0]:
                left.append((start, taken[ahead][0]))
            start = taken[ahead][1]
            ahead += 1
        if start < end:
            left.append((start, end))
    return left


def in_words(period: timedelta) -> str:
    """As the policy writes it: 90s, 10m, 4h, 2d; the largest unit that needs no fraction."""
    seconds = int(period.total_seconds())
    unit, size = next(((u, n) for u, n in _UNITS if seconds and seconds % n == 0), ("s", 1))
    return f"{seconds // size}{unit}"


def in_zone(intervals: Sequence[Interval], timezone: str, most: int = 5) -> str:
    """The first ones as the clocks of the zone show them, and how many more there are."""
    zone = ZoneInfo(timezone)
    shown = [_span(start.astimezone(zone), end.astimezone(zone)) for start, end in intervals[:most]]
    more = f", and {len(intervals) - most} more" if len(intervals) > most else ""
    return f"{', '.join(shown)}{more} ({timezone})"


def _span(start: datetime, end: datetime) -> str:
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%a %Y-%m-%d %H:%M}"
    return f"{start:%a %Y-%m-%d %H:%M}–{until}"
