"""Checks the addresses that lead back to us, and those of contacts: public URLs, heartbeat, webhooks, Teams."""

from collections.abc import Iterable, Iterator
from functools import partial
from urllib.parse import urlsplit

import requests
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from ombud.doctor import hosts, running
from ombud.doctor.database import opened
from ombud.doctor.finding import Check, Finding, Subject, fault, note, warning
from ombud.doctor.secrets import Veil
from ombud.doctor.site import Service, Site
from services.notify import tables
from services.notify.domain.alert import ChannelName
from shared.database import WrongUrl, checked_url

TIMEOUT = 5.0
MOST_HOSTS = 30
LOOPBACK = ("127.0.0.1", "::1", "localhost")
POSTED_TO = (ChannelName.TEAMS.value, ChannelName.WEBHOOK.value)


def checks(site: Site) -> Iterator[Check]:
    """Whether links work is asked once, by escalation's own setting; that notify writes the same is compared."""
    escalation, notify = site.service("escalation"), site.service("notify")
    linking = escalation or notify
    if linking and linking.settings is not None:
        yield Check(Subject.ADDRESSES, linking.name, partial(links, linking))
    if notify and notify.settings is not None:
        yield Check(Subject.ADDRESSES, "notify", partial(_of_notify, notify, escalation))
        yield Check(Subject.ADDRESSES, "notify", partial(_of_contacts, notify))


def links(service: Service) -> Iterator[Finding]:
    url = service.common.public_url
    yield from _leads_back(url, "/v1/openapi.json", "OMBUD_PUBLIC_URL", "the links in alerts")
    smtp = getattr(service.settings, "smtp", None)
    if smtp and smtp.host not in LOOPBACK and urlsplit(url).hostname in LOOPBACK:
        yield warning(
            "the links in alerts lead to this machine only",
            "set OMBUD_PUBLIC_URL to escalation as its readers reach it",
        )


def _leads_back(url: str, path: str, setting: str, what: str) -> Iterator[Finding]:
    """Whatever answers below 500 is taken for us: a proxy may let only some paths through."""
    if url.startswith("http://") and urlsplit(url).hostname not in LOOPBACK:
        yield note(f"{what} are not encrypted: {setting} is http://", "put TLS in front of it")
    try:
        status = requests.get(url + path, timeout=TIMEOUT).status_code
    except requests.RequestException as error:
        yield fault(
            f"{what} lead to {urlsplit(url).netloc}, where nothing answers ({type(error).__name__})",
            f"start the service, or look at the proxy in front of it and at {setting}",
        )
        return
    if status >= requests.codes.internal_server_error:
        yield fault(
            f"{what} lead to {urlsplit(url).netloc}, which answers {status}", "look into the log of what answers"
        )


def _of_notify(notify: Service, escalation: Service | None) -> Iterator[Finding]:
    settings = notify.settings
    if settings.notify_public_url:
        yield from _leads_back(settings.notify_public_url, "/v1/openapi.json", "OMBUD_NOTIFY_PUBLIC_URL", "receipts")
    if settings.heartbeat_url:
        yield from hosts.look(settings.heartbeat_url, "the watcher of the heartbeat", "look at OMBUD_HEARTBEAT_URL")
    else:
        yield note("nobody outside notices when notify stops", "set OMBUD_HEARTBEAT_URL to a watcher's address")
    if escalation and escalation.settings is not None:
        yield from _alike(notify, escalation)


def _alike(notify: Service, escalation: Service) -> Iterator[Finding]:
    """Notify writes the links that escalation reads."""
    if notify.common.public_url != escalation.common.public_url:
        yield fault("notify writes other links than escalation answers", "give both the same OMBUD_PUBLIC_URL")
    if "LINK_KEYS" in notify.unusable:
        return
    first = notify.common.link_keys[:1]
    if first and not set(first) <= set(escalation.common.link_keys):
        yield fault("escalation does not accept the links that notify signs", "give both the same OMBUD_LINK_KEYS")


def _of_contacts(notify: Service) -> Iterator[Finding]:
    """The hosts of webhooks and Teams of all contacts, each once."""
    t = tables.contacts
    try:
        with opened(checked_url(notify.common.database_url), "notify") as connection:
            kept = [
                row.addresses for row in connection.execute(select(t.c.addresses).where(t.c.addresses.is_not(None)))
            ]
    except (DBAPIError, WrongUrl):  # said by the check of the database
        return
    remedy = "correct the contact, or let notify out to that host"
    looks = (
        Check(Subject.ADDRESSES, "notify", partial(hosts.look, origin, "a contact's webhook or Teams", remedy))
        for origin in sorted(_origins(kept))[:MOST_HOSTS]
    )
    # At the same time: one after another, a few that are away would take all the time there is.
    yield from (found.finding for found in running.run(list(looks), Veil([]), 2 * hosts.TIMEOUT))


def _origins(kept: Iterable[object]) -> set[str]:
    urls = [
        str(address).split(" ", 1)[0]
        for addresses in kept
        if isinstance(addresses, dict)
        for channel, address in addresses.items()
        if channel in POSTED_TO
    ]
    return {f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" for parts in map(urlsplit, urls)}
