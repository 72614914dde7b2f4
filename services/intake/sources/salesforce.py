"""Salesforce's outbound messages about cases: SOAP in, a SOAP acknowledgement out; listed in kinds.py.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging.htm. They carry no
signature: the organisation's id is compared, and a `check` on a secret in the address should stand beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from marshmallow import Schema, fields, validate

from services.intake.sources.plaintext import plain
from services.intake.sources.signatures import must_match
from services.intake.sources.source import (
    ANSWERED,
    ESCALATION_REQUESTED,
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
    Unclear,
    filled,
)
from services.intake.sources.times import written
from shared.errors import Rejected

OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
ACK = Reply(
    200,
    "text/xml; charset=utf-8",
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
    '<soapenv:Body><notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    "</notificationsResponse></soapenv:Body></soapenv:Envelope>",
)
ID_LENGTH = 15  # the last 3 of 18 characters only check the others
STEPS = (ANSWERED, RESOLVED, REOPENED, ESCALATION_REQUESTED)
STATUSES = {"Closed": RESOLVED, "Reopened": REOPENED, "Escalated": ESCALATION_REQUESTED}


class Options(Schema):
    """Names of the case's fields as the outbound message sends them; statuses: what a case with that status says."""

    organization = fields.String(validate=validate.Length(15, 18))
    text = fields.String(load_default="Description")
    subject = fields.String(load_default="Subject")
    name = fields.String(load_default="SuppliedName")
    email = fields.String(load_default="SuppliedEmail")
    phone = fields.String(load_default="SuppliedPhone")
    customer = fields.String(load_default="ContactId")
    channel = fields.String(load_default="Origin")
    statuses = fields.Dict(
        keys=fields.String(), values=fields.String(validate=validate.OneOf(STEPS)), load_default=lambda: dict(STATUSES)
    )


@dataclass(frozen=True)
class Salesforce:
    kind: str = "salesforce"
    own_check: bool = True
    needs_secret: bool = False
    takes_check: bool = True
    reply: Reply | None = ACK
    options: Schema = field(default_factory=Options)

    def check(self, inbound: Inbound, account: Account, now: datetime) -> None:
        wanted = account.options.get("organization", "")[:ID_LENGTH]
        if account.check is None and not wanted:
            raise Forged("this source has neither an organization nor a check")
        account.verify(inbound, now)
        try:
            sent = _notifications(inbound.body).findtext(f"{OUTBOUND}OrganizationId") or ""
        except Rejected as error:
            if account.check is None:
                raise Forged("the organization cannot be read") from error
            return  # known by its secret: kept as what cannot be understood
        if wanted:
            must_match(sent.strip()[:ID_LENGTH], [wanted])

    def said(self, inbound: Inbound, account: Account) -> list[Heard]:
        found = _notifications(inbound.body).findall(f"{OUTBOUND}Notification")
        if not found:
            raise Rejected("no outbound message", [{"pointer": "/Notification", "detail": "Missing data."}])
        return [_heard(each, account.options) for each in found]


def _notifications(body: bytes) -> Element:
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Rejected("the body is no XML that may be read", [{"pointer": "/", "detail": str(error)[:200]}]) from error
    found = root.find(f".//{OUTBOUND}notifications")
    if found is None:
        raise Rejected("no outbound message", [{"pointer": "/notifications", "detail": "Missing data."}])
    return found


def _heard(notification: Element, options: Mapping[str, Any]) -> Heard:
    record = notification.find(f"{OUTBOUND}sObject")
    values = {_local(child.tag): (child.text or "").strip() for child in record} if record is not None else {}
    id_, case = (notification.findtext(f"{OUTBOUND}Id") or "").strip(), values.get("Id", "")
    if not id_ or not case:
        return Unclear(Rejected("no case", [{"pointer": "/Notification/sObject/Id", "detail": "Missing data."}]))
    if step := options["statuses"].get(values.get("Status", "")):
        when = written(values.get("ClosedDate") or values.get("LastModifiedDate"))
        return Said(step, {"external_id": case, **filled(at=when)}, id_)
    text = plain(values.get(options["text"], ""))
    if not text and not values.get(options["subject"]):
        return Ignored()
    return Said(SUBMITTED, {"external_id": case, "text": text, **_about(values, options)}, id_)


def _about(values: Mapping[str, str], options: Mapping[str, Any]) -> dict[str, Any]:
    person = {
        "ref": values.get(options["customer"]),
        "name": values.get(options["name"]),
        "email": values.get(options["email"]),
        "phone": values.get(options["phone"]),
    }
    return filled(
        subject=values.get(options["subject"]),
        channel=values.get(options["channel"], "").lower(),
        received_at=written(values.get("CreatedDate")),
        customer=filled(**person),
    )


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
