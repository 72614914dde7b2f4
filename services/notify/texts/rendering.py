"""Alerts in words: one pair of templates per purpose, in the reader's language. Called by the dispatcher's senders."""

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from services.notify.channels.channel import Button, Entry, Letter
from services.notify.domain.alert import Alert, ChannelName, Escalation, Purpose
from services.notify.domain.contact import Contact
from services.notify.domain.jobs import Job, Piece
from services.notify.domain.policy import NO_POLICY, Policy
from services.notify.settings import Settings
from services.notify.texts.facts import Reader, facts_of, one_line
from services.notify.texts.languages import Language, WrongCatalogue, chosen, languages
from services.notify.texts.templating import DIGEST, ENTRY, UNREADABLE, Templates, WrongTemplates
from shared.contracts.event import to_text
from shared.links import Claim, mint, url_of
from shared.settings import WrongSettings

log = structlog.get_logger()
DIGEST_IDS = uuid.uuid5(uuid.NAMESPACE_DNS, "ombud.digests")
PLACES_WITHIN = 160  # characters of a short digest's list of cases, until which it says where they are
LONGEST_SMS = 1600  # Twilio's
NO_BUTTONS = frozenset({ChannelName.EMAIL, ChannelName.SMS})
ABOUT_A_CASE = frozenset({Purpose.ESCALATION, Purpose.WARNING, Purpose.EXHAUSTED})  # so with a link to its page
_HOLES = re.compile(r"\n{3,}")


class Writer:
    """Writes letters; reads every template and catalogue at the start, so that a broken one is found there.

    sms_replies: whether what people answer to a text message comes back to us; else it must not ask for that.
    policy: the one that holds now. templates: a company's own; its folder `locale` may have more catalogues.
    """

    def __init__(
        self,
        link_keys: Sequence[str],
        public_url: str,
        *,
        sms_replies: bool = False,
        policy: Callable[[], Policy] = lambda: NO_POLICY,
        templates: Path | None = None,
        strict: bool = False,
    ):
        self._link_keys, self._public_url, self._sms_replies = link_keys, public_url, sms_replies
        self._policy = policy
        self._templates = Templates(templates, strict=strict)
        self._languages = languages(templates / "locale" if templates else None)

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(sorted(self._languages))

    def language_of(self, code: str) -> Language:
        return chosen(code, self._languages)

    def letter(self, job: Job) -> Letter:
        """The letter to the job's contact, whom there must be."""
        assert job.contact
        if job.is_digest:
            return self._digest(job.pieces, job.contact)
        return self.write(job.alert, job.pieces[0].escalation, job.contact)

    def write(self, alert: Alert, escalation: Escalation, contact: Contact) -> Letter:
        """The letter; without any facts if these cannot be written, as they must not keep the alert from leaving."""
        reader = self._reader(alert.channel, contact)
        facts = self._facts(reader, Piece(alert, escalation))
        try:
            written = self._written(reader, escalation.purpose, facts)
        except UNREADABLE as error:
            log.error("letter_without_facts", case_id=alert.case_id, alert_id=alert.id, exc_info=error)
            facts = self._facts(reader, Piece(alert, replace(escalation, facts={})))
            written = self._written(reader, escalation.purpose, facts)
        return Letter(
            alert.id,
            alert.case_id,
            contact.address(alert.channel) or "",
            *written,
            language=reader.language.code,
            buttons=_buttons(reader, facts),
            facts=_told(alert, escalation, facts),
            may_repeat=facts["may_repeat"],
        )

    def _digest(self, pieces: Sequence[Piece], contact: Contact) -> Letter:
        channel = pieces[0].alert.channel
        reader = self._reader(channel, contact)
        each = [self._facts(reader, piece) for piece in pieces]
        worst = max(range(len(pieces)), key=lambda n: (pieces[n].alert.severity.rank, -n))
        facts = each[worst] | {
            "calls": each,
            "worst": each[worst],
            "worst_word": each[worst]["severity_word"],
            "references": _references(each),
            "may_repeat": any(one["may_repeat"] for one in each),
        }
        told = [_told(piece.alert, piece.escalation, one) for piece, one in zip(pieces, each, strict=True)]
        return Letter(
            digest_id(pieces),
            "",
            contact.address(channel) or "",
            *self._written(reader, DIGEST, facts),
            language=reader.language.code,
            entries=() if channel in NO_BUTTONS else self._entries(reader, each),
            facts={"purpose": DIGEST, "severity": each[worst]["severity"], "cases": told},
            may_repeat=facts["may_repeat"],
        )

    def _entries(self, reader: Reader, each: list[dict[str, Any]]) -> tuple[Entry, ...]:
        name, words = f"{DIGEST}.txt", reader.language.words
        texts = [_lines(*self._templates.blocks(name, one | words, ENTRY)) for one in each]
        return tuple(Entry(text, _buttons(reader, one)) for text, one in zip(texts, each, strict=True))

    def _written(self, reader: Reader, kind: str, facts: dict[str, Any]) -> tuple[str, str, str]:
        """Text, subject and page; the last two are empty where the channel has none."""
        facts = facts | reader.language.words
        if reader.channel is ChannelName.SMS:
            (text,) = self._templates.blocks(f"{kind}.txt", facts, "sms")
            return one_line(text)[:LONGEST_SMS], "", ""
        if reader.channel is not ChannelName.EMAIL:
            return _headed(*self._templates.blocks(f"{kind}.txt", facts, "chat"))
        text, subject = self._templates.blocks(f"{kind}.txt", facts, "text", "subject")
        return _lines(text) + "\n", one_line(subject), self._templates.page(f"{kind}.html", facts)

    def _facts(self, reader: Reader, piece: Piece) -> dict[str, Any]:
        """What there is to say of one case; only its link if the rest cannot be read: it must leave all the same."""
        token = self._token(piece.alert)
        link = url_of(self._public_url, token) if token else ""
        try:
            facts = facts_of(reader, piece.alert, piece.escalation, link)
        except UNREADABLE as error:
            log.error("case_without_facts", case_id=piece.alert.case_id, alert_id=piece.alert.id, exc_info=error)
            facts = facts_of(reader, piece.alert, replace(piece.escalation, facts={}), link)
        return facts | {"token": token}

    def _token(self, alert: Alert) -> str:
        if alert.purpose not in ABOUT_A_CASE:
            return ""
        claim = Claim(alert.id, alert.case_id, alert.escalation_id, alert.level, alert.recipient)
        return mint(self._link_keys, claim)

    def _reader(self, channel: ChannelName, contact: Contact) -> Reader:
        may_quote = channel in self._policy().excerpt_in
        return Reader(self.language_of(contact.language), contact.timezone, channel, may_quote, self._sms_replies)


def writer_of(settings: Settings, policy: Callable[[], Policy]) -> Writer:
    """The writer of this installation; raises WrongSettings where a company's own templates cannot be used."""
    try:
        return Writer(
            settings.link_keys,
            settings.common.public_url,
            sms_replies=settings.sms_replies,
            policy=policy,
            templates=settings.templates,
        )
    except (WrongTemplates, WrongCatalogue) as error:
        raise WrongSettings(f"OMBUD_TEMPLATES: {error}") from error


def digest_id(pieces: Sequence[Piece]) -> str:
    """The same for the same alerts, in whatever order: what is sent again after a crash is known as a copy."""
    return str(uuid.uuid5(DIGEST_IDS, "\n".join(sorted(piece.alert.id for piece in pieces))))


def _lines(text: str) -> str:
    return _HOLES.sub("\n\n", text.strip())


def _headed(text: str) -> tuple[str, str, str]:
    """A message whose first line is its head, which chats show apart; a single line has none."""
    head, _, rest = _lines(text).partition("\n")
    return (rest.strip(), head, "") if rest else (head, "", "")


def _buttons(reader: Reader, facts: dict[str, Any]) -> tuple[Button, ...]:
    """See the case, and take it where that is asked for: what else is told has no answer that could be pressed."""
    if not facts["link"] or reader.channel in NO_BUTTONS:
        return ()
    _ = reader.language.say
    see = Button(_("See the case"), url=facts["link"])
    is_call = facts["purpose"] == Purpose.ESCALATION.value
    return (Button(_("Take this case"), token=facts["token"]), see) if is_call else (see,)


def _references(each: list[dict[str, Any]]) -> str:
    """Every case, by which the digest is known again where it is looked up; with their places, as far as these fit."""
    bare = ", ".join(one["reference"] for one in each)
    room, names = PLACES_WITHIN - len(bare), list[str]()
    for one in each:
        place = f" {one['place']}" if one["place"] else ""
        room -= len(place)
        names.append(one["reference"] + (place if room >= 0 else ""))
    return ", ".join(names)


def _told(alert: Alert, escalation: Escalation, facts: dict[str, Any]) -> dict[str, Any]:
    """For programs: no more than the text says."""
    return {
        "alert_id": alert.id,
        "case_id": alert.case_id,
        "purpose": escalation.purpose.value,
        "reference": facts["reference"],
        "severity": facts["severity"],
        "level": escalation.level,
        "reason": escalation.reason,
        "region": facts.get("place") or facts["region"],
        "link": facts["link"] or None,
        "respond_by": to_text(escalation.respond_by) if escalation.respond_by else None,
    }
