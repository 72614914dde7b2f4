"""A person and how they wish to be reached; pure. Kept by people/, read by routes.py and whoever writes letters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from services.notify.domain.alert import ChannelName
from shared.contracts.event import Severity
from shared.hours.calendar import Calendar, Shift

LONGEST = timedelta(days=15)  # that quiet hours are looked at in one go: more than a week of them has no end
USUAL_ORDER = (ChannelName.EMAIL, ChannelName.SMS)
# What an address of each channel is called in contacts, by HTTP and in rosters.
FIELD_OF: Mapping[ChannelName, str] = {
    ChannelName.EMAIL: "email",
    ChannelName.SMS: "phone",
    ChannelName.SLACK: "slack",
    ChannelName.TEAMS: "teams",
    ChannelName.WEBHOOK: "webhook",
    ChannelName.APPRISE: "apprise",
}


def webhook_address(url: str, secret: str | None) -> str:
    """A webhook as `addresses` keeps it: the URL, then, where the letters are signed, a space and the secret."""
    return f"{url} {secret}" if secret else url


def webhook_parts(address: str) -> tuple[str, str | None]:
    """The URL and the secret, if there is one: what webhook_address was made of."""
    url, _, secret = address.partition(" ")
    return url, secret or None


class Wish(StrEnum):
    """What somebody hears of beside their alerts.

    ASSIGNMENTS: each complaint that becomes theirs. TAKEN: that what they were alerted of was taken by somebody else.
    """

    ASSIGNMENTS = "assignments"
    TAKEN = "taken"


@dataclass(frozen=True)
class QuietHours:
    """When somebody is not to be alerted, in their own time zone, but for these severities."""

    shifts: tuple[Shift, ...]
    but_for: frozenset[Severity] = frozenset({Severity.CRITICAL})

    def until(self, timezone: str, severity: Severity, now: datetime) -> datetime | None:
        """The end of the quiet hours that `now` lies in, or None while something this severe may be told."""
        if severity in self.but_for:
            return None
        calendar = Calendar(timezone, self.shifts)
        if not calendar.is_open(now):
            return None
        return next((end for _, end in calendar.open_intervals(now, now + LONGEST)), None)


@dataclass(frozen=True)
class Contact:
    """A person and how to reach them.

    addresses: one text each; that of a webhook is made by webhook_address.
    channels: in the order of their wish, where `by_severity` has none for the severity. gather: for how long what is
    not critical is gathered into one letter. opted_out: channels whose address answered STOP.
    """

    person: str
    name: str
    addresses: Mapping[ChannelName, str] = field(default_factory=dict, repr=False)  # some are secrets
    language: str = "en"
    timezone: str = "UTC"
    channels: tuple[ChannelName, ...] = USUAL_ORDER
    by_severity: Mapping[Severity, tuple[ChannelName, ...]] = field(default_factory=dict)
    quiet: QuietHours | None = None
    gather: timedelta | None = None
    wishes: frozenset[Wish] = frozenset()
    opted_out: frozenset[ChannelName] = frozenset()

    def address(self, channel: ChannelName) -> str | None:
        return self.addresses.get(channel)

    def routes(self, severity: Severity) -> tuple[ChannelName, ...]:
        """The channels to try in turn for something this severe: those with an address."""
        return tuple(c for c in self.by_severity.get(severity, self.channels) if c in self.addresses)

    def quiet_until(self, severity: Severity, now: datetime) -> datetime | None:
        """Until when this person is not to be alerted of something this severe; None = they may be, now."""
        return self.quiet.until(self.timezone, severity, now) if self.quiet else None
