"""Intercom's webhooks on conversations, signed with the app's client secret; listed in kinds.py.

https://developers.intercom.com/docs/references/webhooks/webhook-models.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marshmallow import Schema

from services.intake.sources.plaintext import plain
from services.intake.sources.signatures import signed_by
from services.intake.sources.source import (
    ANSWERED,
    CONTACTED,
    RATED,
    REOPENED,
    RESOLVED,
    SUBMITTED,
    Account,
    Forged,
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

SIGNED = "sha1="
TOPICS = {
    "conversation.user.created": SUBMITTED,
    "conversation.user.replied": CONTACTED,
    "conversation.admin.replied": ANSWERED,
    "conversation.admin.closed": RESOLVED,
    "conversation.admin.opened": REOPENED,
    "conversation.rating.added": RATED,
}


@dataclass(frozen=True)
class Intercom:
    kind: str = "intercom"
    own_check: bool = True
    needs_secret: bool = True
    takes_check: bool = False
    reply: Reply | None = None
    options: Schema = field(default_factory=Schema)

    def check(self, inbound: Inbound, account: Account, now: datetime) -> None:
        given = inbound.header("x-hub-signature")
        if not given.startswith(SIGNED):
            raise Forged("the signature is missing or wrong")
        signed_by(account, given.removeprefix(SIGNED), "sha1", "hex", inbound.body)

    def said(self, inbound: Inbound, account: Account) -> list[Heard]:
        document = inbound.document()
        type_ = TOPICS.get(needed(document, "topic"))
        if type_ is None:
            return [Ignored()]
        item = at(document, "data", "item")
        when = at(document, "created_at")
        data = _contact(type_, item) if type_ in (SUBMITTED, CONTACTED) else _step(type_, item, when)
        external_id = needed(document, "data", "item", "id")
        return [Said(type_, {"external_id": external_id, **data}, needed(document, "id"))]


def _contact(type_: str, item: Any) -> dict[str, Any]:
    first = at(item, "conversation_message") or at(item, "source")  # the older and the newer API version
    message = first if type_ == SUBMITTED else _last_part(item)
    return filled(
        text=plain(text_at(message, "body")),
        subject=plain(text_at(first, "subject")),
        contact_id=text_at(message, "id"),
        received_at=written(at(message, "created_at") or at(item, "updated_at")),
        customer=_person(item, message),
    )


def _step(type_: str, item: Any, when: Any) -> dict[str, Any]:
    if type_ == RATED:
        rating = at(item, "conversation_rating")
        given = at(rating, "rating")
        score = (given - 1) / 4 if isinstance(given, int | float) and not isinstance(given, bool) else None
        return {"score": score, **filled(at=written(at(rating, "created_at") or when))}
    part = _last_part(item)
    return filled(at=written(at(part, "created_at") or when), by=text_at(part, "author", "name"))


def _last_part(item: Any) -> Any:
    """The newest part; a webhook holds only the part that it is about."""
    return at(item, "conversation_parts", "conversation_parts", -1)


def _person(item: Any, message: Any) -> dict[str, str]:
    user = at(item, "user") or at(item, "contacts", "contacts", 0) or {}
    author = at(message, "author")
    return filled(
        ref=text_at(user, "user_id") or text_at(user, "external_id") or text_at(user, "id") or text_at(author, "id"),
        name=text_at(user, "name") or text_at(author, "name"),
        email=text_at(user, "email") or text_at(author, "email"),
    )
