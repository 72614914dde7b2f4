"""Zendesk's event webhooks (`zen:event-type:ticket.*`), signed by Zendesk; listed in kinds.py.

https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/,
https://developer.zendesk.com/documentation/webhooks/verifying/. Webhooks of triggers: presets/zendesk-trigger.yml.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marshmallow import Schema

from services.intake.sources.plaintext import plain
from services.intake.sources.signatures import must_be_fresh, signed_by
from services.intake.sources.source import (
    ANSWERED,
    CONTACTED,
    REOPENED,
    RESOLVED,
    SUBMITTED,
    Account,
    Heard,
    Ignored,
    Inbound,
    Reply,
    Said,
    at,
    filled,
    needed,
    text_at,
)
from services.intake.sources.times import written

PREFIX = "zen:event-type:ticket."
DONE = ("solved", "closed")


@dataclass(frozen=True)
class Zendesk:
    kind: str = "zendesk"
    own_check: bool = True
    needs_secret: bool = True
    takes_check: bool = False
    reply: Reply | None = None
    options: Schema = field(default_factory=Schema)

    def check(self, inbound: Inbound, account: Account, now: datetime) -> None:
        timestamp = inbound.header("x-zendesk-webhook-signature-timestamp")
        given = inbound.header("x-zendesk-webhook-signature")
        signed_by(account, given, "sha256", "base64", timestamp.encode() + inbound.body)
        must_be_fresh(timestamp, account, now)

    def said(self, inbound: Inbound, account: Account) -> list[Heard]:
        document = inbound.document()
        happened = needed(document, "type").removeprefix(PREFIX)
        found = {"created": _created, "comment_added": _commented, "status_changed": _moved}.get(happened)
        type_, data = found(document) if found else ("", {})
        if not type_:
            return [Ignored()]
        return [Said(type_, {"external_id": needed(document, "detail", "id"), **data}, needed(document, "id"))]


def _created(document: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if at(document, "detail", "is_public") is False:
        return "", {}
    return SUBMITTED, _contact(document, text_at(document, "detail", "description"))


def _commented(document: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The requester and other customers contact, staff answers; internal notes are neither."""
    comment = at(document, "event", "comment")
    if at(comment, "is_public") is False:
        return "", {}
    if at(comment, "author", "is_staff") is True and not _is_of_requester(document):
        return ANSWERED, filled(at=written(at(document, "time")), by=text_at(comment, "author", "name"))
    return CONTACTED, _contact(document, needed(document, "event", "comment", "body"))


def _is_of_requester(document: dict[str, Any]) -> bool:
    author = text_at(document, "event", "comment", "author", "id")
    return bool(author) and author == text_at(document, "detail", "requester_id")


def _moved(document: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Solved and closed are the same to the customer: going from one to the other is no news."""
    was_done = text_at(document, "event", "previous").lower() in DONE
    is_done = text_at(document, "event", "current").lower() in DONE
    type_ = "" if was_done == is_done else RESOLVED if is_done else REOPENED
    return type_, filled(at=written(at(document, "time")), by=text_at(document, "detail", "actor_id"))


def _contact(document: dict[str, Any], text: str) -> dict[str, Any]:
    tags = at(document, "detail", "tags")
    return filled(
        text=plain(text),
        subject=text_at(document, "detail", "subject"),
        received_at=written(at(document, "time")),
        channel=text_at(document, "detail", "via", "channel"),
        tags=[str(tag) for tag in tags] if isinstance(tags, list) else None,
        customer=filled(ref=text_at(document, "detail", "requester_id")),
    )
