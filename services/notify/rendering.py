"""Alerts in words: Jinja2 templates, one pair of files per purpose and language. Called by the dispatcher's senders."""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError

from services.notify.channels.channel import Letter
from services.notify.domain.alert import Alert, ChannelName, Escalation, Purpose, reference
from services.notify.domain.contact import Contact
from services.notify.domain.jobs import Call, Job
from shared.codes import language_code
from shared.links import Claim, mint, url_of

log = structlog.get_logger()
TEMPLATES = Path(__file__).parent / "templates"
FALLBACK = "en"
LONGEST_FACT = 300  # more than intake lets through; a text message of several stays below the 1600 of the provider
UNKNOWN = "?"
DIGEST = "digest"
DIGEST_IDS = uuid.uuid5(uuid.NAMESPACE_DNS, "ombud.digests")
FOLLOW_UP = "follow_up"  # the clock of whoever took the case
# What stands where a fact is missing: the version that stored them may have known fewer than these templates.
NO_FACTS: Mapping[str, Any] = {
    **dict.fromkeys(("source", "external_id", "channel", "language", "category", "excerpt", "received_at"), UNKNOWN),
    **dict.fromkeys(("region", "product", "tier", "agent_name")),
    **dict.fromkeys(("service", "queue", "failed_type", "subject"), UNKNOWN),
    **dict.fromkeys(("clock", "percent", "due_at"), UNKNOWN),
    **dict.fromkeys(("by_name", "at", "what"), UNKNOWN),
    "flags": (),
    "regions": (),
    "children": 0,
    "dead": True,
}
_UNREADABLE = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, TemplateError)
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


class Writer:
    """Writes letters; reads every template at the start, so that a broken one is found there.

    sms_replies: whether what people answer to a text message comes back to us; else it must not ask for that.
    """

    def __init__(self, link_keys: Sequence[str], public_url: str, *, sms_replies: bool = False):
        self._link_keys, self._public_url, self._sms_replies = link_keys, public_url, sms_replies
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            undefined=StrictUndefined,
            trim_blocks=True,
            auto_reload=False,
            autoescape=lambda name: bool(name and name.endswith(".html")),
        )
        self._templates = {name: environment.get_template(name) for name in environment.list_templates()}

    def letter(self, job: Job) -> Letter:
        """The letter to the job's contact, whom there must be."""
        assert job.contact
        if job.is_digest:
            return self._digest(job.calls, job.contact)
        return self.write(job.alert, job.calls[0].escalation, job.contact)

    def write(self, alert: Alert, escalation: Escalation, contact: Contact) -> Letter:
        """The letter; without any facts if these cannot be written, as they must not keep the alert from leaving."""
        try:
            return self._written(alert, escalation, contact)
        except _UNREADABLE as error:
            log.error("letter_without_facts", case_id=alert.case_id, alert_id=alert.id, exc_info=error)
            return self._written(alert, replace(escalation, facts={}), contact)

    def _written(self, alert: Alert, escalation: Escalation, contact: Contact) -> Letter:
        address = contact.address(alert.channel) or ""
        language = self._language(escalation.purpose, contact.language)
        facts = self._facts(alert, escalation, contact) | {"template_language": language}
        plain = self._templates[f"{escalation.purpose}.{language}.txt"]
        if alert.channel is ChannelName.SMS:
            (text,) = _blocks(plain, facts, "sms")
            return Letter(alert.id, alert.case_id, address, one_line(text), language=language)
        html = self._templates[f"{escalation.purpose}.{language}.html"].render(facts)
        text, subject = _blocks(plain, facts, "text", "subject")
        return Letter(alert.id, alert.case_id, address, text.strip() + "\n", one_line(subject), html, language)

    def _digest(self, calls: Sequence[Call], contact: Contact) -> Letter:
        language = self._language(DIGEST, contact.language)
        facts = {
            "template_language": language,
            "calls": [self._entry(call, contact) for call in calls],
            "worst": max((call.alert.severity for call in calls), key=lambda s: s.rank).value,
        }
        address = contact.address(calls[0].alert.channel) or ""
        text, subject = _blocks(self._templates[f"{DIGEST}.{language}.txt"], facts, "text", "subject")
        html = self._templates[f"{DIGEST}.{language}.html"].render(facts)
        return Letter(digest_id(calls), "", address, text.strip() + "\n", one_line(subject), html, language)

    def _entry(self, call: Call, contact: Contact) -> dict[str, Any]:
        """One case of a digest; without any facts if these cannot be written: the others must leave all the same."""
        try:
            return self._facts(call.alert, call.escalation, contact)
        except _UNREADABLE as error:
            log.error("case_without_facts", case_id=call.alert.case_id, alert_id=call.alert.id, exc_info=error)
            return self._facts(call.alert, replace(call.escalation, facts={}), contact)

    def _language(self, kind: str, wanted: str) -> str:
        language = language_code(wanted)
        return language if language and f"{kind}.{language}.txt" in self._templates else FALLBACK

    def _facts(self, alert: Alert, escalation: Escalation, contact: Contact) -> dict[str, Any]:
        common = {
            **NO_FACTS,
            "severity": escalation.severity.value,
            "level": escalation.level,
            "reason": escalation.reason,
            "reference": reference(escalation.case_id),
            "case_id": escalation.case_id,
        }
        facts = common | _clean(escalation.facts)
        if escalation.purpose is Purpose.DEAD_LETTER:
            return facts | {
                "failed_severity": escalation.facts.get("severity"),
                "at": _local(escalation.caused_at, contact.timezone),
            }
        claim = Claim(alert.id, alert.case_id, alert.escalation_id, alert.level, alert.recipient)
        return facts | {
            "link": url_of(self._public_url, mint(self._link_keys, claim)),
            "respond_by": _local(escalation.respond_by, contact.timezone) if escalation.respond_by else "",
            "received_at": _local_of_text(facts["received_at"], contact.timezone),
            "due_at": _local_of_text(facts["due_at"], contact.timezone),
            "at": _local_of_text(facts["at"], contact.timezone),
            "is_follow_up": facts["clock"] == FOLLOW_UP,
            "clock": str(facts["clock"]).replace("_", " "),
            "regions": one_line(", ".join(facts["regions"]))[:LONGEST_FACT],
            "replies": self._sms_replies,
            "category": str(facts["category"]).replace("_", " "),
            "flags": one_line(", ".join(facts["flags"])).replace("_", " "),
            "customer": ", ".join(filter(None, (facts["region"], facts["product"], facts["tier"]))),
        }


def digest_id(calls: Sequence[Call]) -> str:
    """The same for the same alerts, in whatever order: what is sent again after a crash is known as a copy."""
    return str(uuid.uuid5(DIGEST_IDS, "\n".join(sorted(call.alert.id for call in calls))))


def one_line(text: str) -> str:
    """Without line breaks, control characters and those that turn the direction of writing."""
    return _BREAKS.sub(" ", text).strip()


def _clean(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one_line(value)[:LONGEST_FACT] if isinstance(value, str) else value for name, value in facts.items()}


def _blocks(template: Template, facts: Mapping[str, Any], *names: str) -> list[str]:
    context = template.new_context(dict(facts))
    next(template.root_render_func(context), None)  # runs the imports at the top of the file
    return ["".join(template.blocks[name](context)) for name in names]


def _local_of_text(instant: Any, zone: str) -> str:
    try:
        return _local(datetime.fromisoformat(instant), zone)
    except (TypeError, ValueError):
        return UNKNOWN


def _local(instant: datetime, zone: str) -> str:
    """The time where the contact is; in UTC if that zone is unknown, or its calendar ends before the instant."""
    try:
        local = instant.astimezone(ZoneInfo(zone))
    except (ValueError, LookupError, OSError, OverflowError):
        local = instant.astimezone(UTC)
    return f"{local:%Y-%m-%d %H:%M} {local.tzname()}"
