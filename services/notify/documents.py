"""What notify answers by HTTP, as shapes for the documents; api.py says which door answers what."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.notify.domain.alert import AlertState, ChannelName, Purpose
from services.notify.domain.contact import Wish
from services.notify.domain.outcomes import Reason
from shared.api import Plumbing
from shared.contracts.event import Severity


@dataclass(frozen=True)
class ShownWebhook:
    """secret: *** if the letters are signed."""

    url: str
    secret: str | None


@dataclass(frozen=True)
class ShownQuietHours:
    hours: tuple[dict[str, Any], ...]
    but_for: tuple[Severity, ...]


@dataclass(frozen=True)
class ContactDocument:
    """A person and how to reach them; of the addresses only as much as shows a wrong one.

    channels: for the severities that are not in by_severity. opted_out: channels whose address answered STOP.
    """

    person: str
    name: str
    email: str | None
    phone: str | None
    slack: str | None
    teams: str | None
    webhook: ShownWebhook | None
    apprise: str | None
    language: str
    timezone: str
    channels: tuple[ChannelName, ...]
    by_severity: dict[str, tuple[ChannelName, ...]]
    quiet_hours: ShownQuietHours | None
    gather: str | None
    wishes: tuple[Wish, ...]
    opted_out: tuple[ChannelName, ...]


@dataclass(frozen=True)
class ContactList:
    """A page; next: what to pass as `after` for the one behind it."""

    contacts: tuple[ContactDocument, ...]
    next: str | None


@dataclass(frozen=True)
class DeliveryDocument:
    """One attempt at sending an alert; handed_off: whether it may have left."""

    attempt: int
    outcome: str
    reason: Reason
    detail: str
    handed_off: bool
    ended_at: datetime


@dataclass(frozen=True)
class AlertDocument:
    """An alert without addresses; next_at: when it is tried, while it is pending."""

    id: str
    case_id: str
    escalation_id: str
    purpose: Purpose
    level: int
    severity: Severity
    recipient: str
    channel: ChannelName
    state: AlertState
    reason: Reason | None
    attempt: int
    created_at: datetime
    next_at: datetime | None
    ended_at: datetime | None
    provider_id: str | None
    deliveries: tuple[DeliveryDocument, ...]


@dataclass(frozen=True)
class AlertList:
    """next: what to pass as `after` for the page behind this one, where `after` was asked for."""

    alerts: tuple[AlertDocument, ...]
    next: str | None


@dataclass(frozen=True)
class PolicyDocument:
    """document: the text of the file, as it was read."""

    version: str
    document: str


@dataclass(frozen=True)
class Summary:
    """alerts: by state; mails: those that a server took, a digest of many alerts is one; unreachable: escalations that
    reached nobody; channels: those that are configured; unaccounted: alerts that broke the book-keeping, must be 0, as
    the replica that answers found at its last look; last_resort: a person, `last-resort` for an address.
    """

    alerts: dict[str, int]
    mails: int
    escalations: int
    unreachable: int
    contacts: int
    channels: tuple[ChannelName, ...]
    unaccounted: int
    last_resort: str | None
    last_resort_configured: bool
    last_resort_reachable: bool
    plumbing: Plumbing
