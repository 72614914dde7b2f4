"""Jira Service Management's webhooks, signed with `X-Hub-Signature` where the webhook has a secret; listed in kinds.py.

https://developer.atlassian.com/cloud/jira/platform/webhooks/.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marshmallow import Schema, fields

from services.intake.sources.signatures import signed_by
from services.intake.sources.source import (
    ANSWERED,
    CONTACTED,
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

DONE = ("Done", "Resolved", "Closed", "Canceled")
SIGNED = "sha256="


class Options(Schema):
    """projects: keys, all if none. resolved_statuses: what done means. agents: account ids; without it, see docs."""

    projects = fields.List(fields.String(), load_default=list)
    resolved_statuses = fields.List(fields.String(), load_default=lambda: list(DONE))
    agents = fields.List(fields.String(), load_default=list)


@dataclass(frozen=True)
class Jira:
    kind: str = "jira"
    own_check: bool = True
    needs_secret: bool = True
    takes_check: bool = True
    reply: Reply | None = None
    options: Schema = field(default_factory=Options)

    def check(self, inbound: Inbound, account: Account, now: datetime) -> None:
        """By Jira's signature, or as the file says for what signs nothing, such as automation rules."""
        if account.check is not None:
            account.verify(inbound, now)
            return
        given = inbound.header("x-hub-signature")
        if not given.startswith(SIGNED):
            raise Forged("the signature is missing or wrong")
        signed_by(account, given.removeprefix(SIGNED), "sha256", "hex", inbound.body)

    def said(self, inbound: Inbound, account: Account) -> list[Heard]:
        document = inbound.document()
        happened = needed(document, "webhookEvent")
        projects = account.options["projects"]
        if projects and text_at(document, "issue", "fields", "project", "key") not in projects:
            return [Ignored()]
        found = {"jira:issue_created": _created, "comment_created": _commented, "jira:issue_updated": _updated}
        type_, data = found[happened](document, account) if happened in found else ("", {})
        if not type_:
            return [Ignored()]
        return [
            Said(type_, {"external_id": needed(document, "issue", "key"), **data}, _id(inbound, document, happened))
        ]


def _id(inbound: Inbound, document: dict[str, Any], happened: str) -> str:
    """Atlassian's identifier stays the same over its retries; older servers send none."""
    name = inbound.header("x-atlassian-webhook-identifier")
    return name or f"{happened}/{needed(document, 'issue', 'key')}/{needed(document, 'timestamp')}"


def _created(document: dict[str, Any], _account: Account) -> tuple[str, dict[str, Any]]:
    issue = at(document, "issue", "fields")
    labels = at(issue, "labels")
    return SUBMITTED, filled(
        text=text_of(at(issue, "description")),
        subject=text_at(issue, "summary"),
        received_at=written(at(issue, "created")),
        tags=[str(label) for label in labels] if isinstance(labels, list) else None,
        customer=_person(at(issue, "reporter")),
    )


def _commented(document: dict[str, Any], account: Account) -> tuple[str, dict[str, Any]]:
    comment = at(document, "comment")
    if at(comment, "jsdPublic") is False:
        return "", {}
    author, when = at(comment, "author"), written(at(comment, "created"))
    if not _is_customer(author, document, account):
        return ANSWERED, filled(at=when, by=text_at(author, "displayName"))
    return CONTACTED, filled(
        text=text_of(at(comment, "body")), contact_id=text_at(comment, "id"), received_at=when, customer=_person(author)
    )


def _is_customer(author: Any, document: dict[str, Any], account: Account) -> bool:
    """By the list of agents if there is one, else portal accounts and the reporter of the issue."""
    ids = {text_at(author, name) for name in ("accountId", "key", "name")} - {""}
    if account.options["agents"]:
        return not ids & set(account.options["agents"])
    reporter = at(document, "issue", "fields", "reporter")
    is_portal = text_at(author, "accountType") == "customer" or text_at(author, "accountId").startswith("qm:")
    return is_portal or bool(ids & {text_at(reporter, name) for name in ("accountId", "key", "name")})


def _updated(document: dict[str, Any], account: Account) -> tuple[str, dict[str, Any]]:
    items = at(document, "changelog", "items")
    moved = [i for i in (items if isinstance(items, list) else []) if at(i, "field") == "status"]
    if not moved:
        return "", {}
    was_done = text_at(moved[-1], "fromString") in account.options["resolved_statuses"]
    is_done = text_at(moved[-1], "toString") in account.options["resolved_statuses"]
    type_ = "" if was_done == is_done else RESOLVED if is_done else REOPENED
    return type_, filled(at=written(at(document, "timestamp")), by=text_at(document, "user", "displayName"))


def _person(person: Any) -> dict[str, str]:
    return filled(
        ref=text_at(person, "accountId") or text_at(person, "key") or text_at(person, "name"),
        name=text_at(person, "displayName"),
        email=text_at(person, "emailAddress"),
        timezone=text_at(person, "timeZone"),
    )


def text_of(body: Any, depth: int = 0) -> str:
    """Plain text, or that of an Atlassian document (a tree of nodes with `text` and `content`)."""
    if isinstance(body, str):
        return body.strip()
    if not isinstance(body, dict) or depth > 50:
        return ""
    own = text_at(body, "text")
    content = at(body, "content")
    inner = [text_of(node, depth + 1) for node in content] if isinstance(content, list) else []
    joint = " " if text_at(body, "type") in ("paragraph", "heading") else "\n"
    return joint.join(piece for piece in (own, *inner) if piece)
