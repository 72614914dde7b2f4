"""Alerts by SMS through Twilio's Messages API: a provider of the channel `sms`. Called by the dispatcher's senders.

https://www.twilio.com/docs/messaging/api/message-resource
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urljoin, urlsplit

from services.notify.channels import http
from services.notify.channels.channel import HandOff, Letter
from services.notify.channels.sms_text import link_marks, references
from services.notify.channels.twilio_errors import MEANINGS, reason_of
from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Permanent, Reason, Temporary
from shared.settings import WrongSettings

NAME = "twilio"
PAGE_SIZE, MOST_PAGES = 50, 4
CLOCKS_APART = timedelta(seconds=30)
_FAILED = ("failed", "undelivered", "canceled")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")


@dataclass(frozen=True)
class TwilioAccount:
    """Where messages go; from `https://SID:TOKEN@api.twilio.com?from=%2B15551234567`.

    sender: a number, a name, or the id of a messaging service.
    """

    url: str
    account: str
    token: str = field(repr=False)
    sender: str

    @classmethod
    def parse(cls, text: str) -> "TwilioAccount":
        """Raises WrongSettings, whose text never repeats the URL: it holds the token."""
        wrong = WrongSettings("OMBUD_SMS_URL: the form is https://SID:TOKEN@api.twilio.com?from=%2B15551234567")
        try:
            parts = urlsplit(text)
            host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
        except ValueError:
            raise wrong from None
        sender = parse_qs(parts.query).get("from", [""])[0].strip().replace(" ", "+")
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in http.LOOPBACK)
        if not is_safe or not (host and parts.username and parts.password and sender):
            raise wrong
        account = unquote(parts.username)
        url = f"{parts.scheme}://{host}{parts.path.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json"
        return cls(url, account, unquote(parts.password), sender)

    @property
    def is_service(self) -> bool:
        return bool(_SERVICE.fullmatch(self.sender))

    @property
    def sent_by(self) -> dict[str, str]:
        return {"MessagingServiceSid" if self.is_service else "From": self.sender}


class Twilio:
    """callback_of: where Twilio tells what became of the message with this letter; None = nobody is told."""

    def __init__(
        self,
        account: TwilioAccount,
        senders: int,
        timeouts: http.Timeouts = http.USUAL,
        callback_of: Callable[[Letter], str | None] = lambda letter: None,
    ):
        self._account, self._callback_of = account, callback_of
        self._auth, self._provider = (account.account, account.token), http.Provider(NAME, timeouts)
        self._http = http.session(http.plain_adapter(senders))

    def close(self) -> None:
        self._http.close()

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome:
        letter = hand_off() or letter
        form = {"To": letter.address, "Body": letter.text, **self._account.sent_by}
        if callback := self._callback_of(letter):
            form["StatusCallback"] = callback
        answer = http.ask(self._http, self._provider, "POST", self._account.url, data=form, auth=self._auth)
        return outcome_of(answer) if isinstance(answer, http.Answer) else answer

    def look_up(self, letter: Letter, since: datetime) -> Outcome | None:
        """None of what is not listed: whether our request may still be under way its caller knows."""
        try:
            recent = list(self._listed(letter.address, since - CLOCKS_APART))
        except _Unlisted as unlisted:
            return unlisted.outcome
        fates = [_fate(message, 200) for message in recent if _tells(message, letter)]
        if fates:  # of a copy that arrived and one that did not the first counts
            return next((fate for fate in fates if isinstance(fate, Accepted)), _lost(fates[0]))
        if any(not message.get("body") for message in recent):  # the account has them blacked out
            return Ambiguous(Reason.NO_ANSWER, provider=NAME)
        return None

    def _listed(self, to: str, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Our messages to that number, the newest first; raises _Unlisted.

        Not asked for by `DateSent`: what waits in the queue has none, and would be missing.
        """
        query = {"To": to, "PageSize": str(PAGE_SIZE)} | ({} if self._account.is_service else self._account.sent_by)
        url = f"{self._account.url}?{urlencode(query)}"
        for _ in range(MOST_PAGES):
            page = self._page(url)
            for message in page["messages"]:
                if not _is_since(message, since):
                    return
                if self._is_ours(message):
                    yield message
            if not (url := str(page.get("next_page_uri") or "")):
                return
        raise _Unlisted(Ambiguous(Reason.NO_ANSWER, provider=NAME))  # more of them than anybody was ever sent

    def _page(self, path: str) -> Mapping[str, Any]:
        url = urljoin(self._account.url, path)
        if urlsplit(url)[:2] != urlsplit(self._account.url)[:2]:  # our token is for no other host
            raise _Unlisted(Temporary(Reason.WRONG_SETTINGS))
        answer = http.ask(self._http, self._provider, "GET", url, auth=self._auth)
        if not isinstance(answer, http.Answer):
            raise _Unlisted(Temporary(Reason.PROVIDER_AWAY, answer.detail))
        body = answer.document()
        if answer.status != 200:
            raise _Unlisted(_unlisted(outcome_of(answer)))
        if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
            raise _Unlisted(Temporary(Reason.PROVIDER_ERROR, "200"))
        return body

    def _is_ours(self, message: Mapping[str, Any]) -> bool:
        by = message.get("messaging_service_sid" if self._account.is_service else "from")
        return by == self._account.sender


class _Unlisted(Exception):
    """The list cannot be had; `outcome` is what is to be answered."""

    def __init__(self, outcome: Outcome):
        super().__init__()
        self.outcome = outcome


def _unlisted(outcome: Outcome) -> Outcome:
    """Whatever the list's refusal means, the message may be there: it is asked for again."""
    if isinstance(outcome, Accepted):
        return Temporary(Reason.PROVIDER_ERROR, outcome.detail)
    is_refusal = isinstance(outcome, Permanent)
    return Temporary(Reason.WRONG_SETTINGS if is_refusal else outcome.reason, outcome.detail)


def _is_since(message: Any, since: datetime) -> bool:
    """True for one that does not say when it was made: better looked at than overlooked."""
    try:
        return parsedate_to_datetime(message["date_created"]) >= since
    except (ValueError, TypeError, KeyError):
        return True


def _tells(message: Mapping[str, Any], letter: Letter) -> bool:
    """Whether the message tells all that this letter does: word for word, or by its cases and links.

    The links have the time of each writing; a digest has one of its worst case alone, and tells of the others, too.
    """
    body = str(message.get("body") or "")
    if body == letter.text:
        return True
    marks, told = link_marks(letter.text), references(body)
    if not marks or not references(letter.text) <= told:
        return False
    return len(told) > 1 or marks <= link_marks(body)


def _fate(message: Mapping[str, Any], status: int) -> Outcome:
    """What became of a message that Twilio has taken, as an answer with that status tells."""
    code = message.get("error_code")
    detail = f"{status} {code}" if isinstance(code, int) else str(status)
    if message.get("status") not in _FAILED:
        return Accepted(str(message.get("sid") or ""), detail, NAME)
    reason, is_permanent = reason_of(code) if isinstance(code, int) else (Reason.UNDELIVERED, False)
    return Permanent(reason, detail) if is_permanent else Temporary(reason, detail)


def _lost(fate: Outcome) -> Outcome:
    """It came as far as a receipt would tell: the next channel has its turn, as asking again finds the same."""
    return Permanent(fate.reason, fate.detail) if isinstance(fate, Temporary) else fate


def outcome_of(answer: http.Answer) -> Outcome:
    """What an answer to a new message means. A 5xx may have sent it: Twilio says so itself (error 20500)."""
    status, said = answer.status, answer.json()
    code = said.get("code")
    detail = f"{status} {code}" if isinstance(code, int) else str(status)
    if 200 <= status < 300:
        # Without a sid it was not Twilio who answered, or not all of its answer: the message may be on its way.
        return _fate(said, status) if said.get("sid") else Ambiguous(Reason.PROVIDER_ERROR, detail, NAME)
    if status != 429 and (status >= 500 or status == 408):
        return Ambiguous(Reason.PROVIDER_ERROR, detail, NAME)
    reason, is_permanent = _refusal(status, code)
    if reason is Reason.PROVIDER_THROTTLED:
        return http.throttled(answer, detail)
    return Permanent(reason, detail) if is_permanent else Temporary(reason, detail)


def _refusal(status: int, code: Any) -> tuple[Reason, bool]:
    if status == 429:
        return Reason.PROVIDER_THROTTLED, False
    if code in MEANINGS:
        return MEANINGS[code]
    if status in (401, 403):
        return Reason.LOGIN_REFUSED, False
    if status < 400 or status == 404:
        return Reason.WRONG_SETTINGS, False
    return Reason.RECIPIENT_REFUSED, True
