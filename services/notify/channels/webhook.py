"""Alerts for programs: signed posts by the Standard Webhooks specification. Called by the dispatcher's senders.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from standardwebhooks import Webhook as Signer
from standardwebhooks.webhooks import EmptyWebhookSecretError

from services.notify.channels import http
from services.notify.channels.channel import HandOff, Letter
from services.notify.channels.guard import Allowed, guarded_adapter
from services.notify.domain.contact import webhook_parts
from services.notify.domain.outcomes import Accepted, Ambiguous, Outcome, Permanent, Reason, RetryAfter
from shared import clock
from shared.settings import WrongSettings

SHORTEST_SECRET = 24  # bytes, as the specification asks


@dataclass(frozen=True)
class Receiver:
    """Where to, and what signs."""

    url: str = field(repr=False)
    signer: Signer | None = field(repr=False)

    @classmethod
    def parse(cls, address: str, usual: Signer | None) -> "Receiver":
        """Of a contact's address; raises ValueError for a secret that is none."""
        url, secret = webhook_parts(address)
        return cls(url, signer_of(secret) if secret else usual)


def signer_of(secret: str) -> Signer:
    """Raises ValueError, whose text does not repeat it."""
    try:
        signer = Signer(secret)
    except (ValueError, EmptyWebhookSecretError):
        raise ValueError("is not base64") from None
    if len(signer._whsecret) < SHORTEST_SECRET:
        raise ValueError(f"has less than {SHORTEST_SECRET} bytes")
    return signer


def usual_signer(secret: str) -> Signer | None:
    """That of the setting; raises WrongSettings."""
    try:
        return signer_of(secret) if secret else None
    except ValueError as error:
        raise WrongSettings(
            f"OMBUD_WEBHOOK_SECRET {error}: the form is whsec_ and 24 to 64 random bytes as base64"
        ) from None


class Webhook:
    """The channel `webhook`. `webhook-id` is the alert's id at each attempt, so that the receiver drops a copy."""

    def __init__(self, signer: Signer | None, allowed: Allowed, senders: int, timeouts: http.Timeouts = http.USUAL):
        self._signer, self._allowed, self._timeouts = signer, allowed, timeouts
        self._http = http.session(guarded_adapter(allowed, senders))

    def close(self) -> None:
        self._http.close()

    def look_up(self, letter: Letter, since: datetime) -> Outcome | None:
        return Ambiguous(Reason.NO_ANSWER)

    def send(self, letter: Letter, hand_off: HandOff) -> Outcome:
        try:
            receiver = Receiver.parse(letter.address, self._signer)
        except ValueError:
            return Permanent(Reason.INVALID_ADDRESS, "secret")
        if receiver.signer is None:
            return Permanent(Reason.WRONG_SETTINGS, "no_secret")  # the next channel is not to wait for an operator
        if not self._allowed.permits_url(receiver.url):
            return Permanent(Reason.INVALID_ADDRESS, "not_allowed")
        letter = hand_off() or letter
        now = clock.now().astimezone(UTC)
        body = orjson.dumps(content(letter, now))
        answer = http.post(
            self._http, receiver.url, body, signed(letter.alert_id, now, body, receiver.signer), self._timeouts
        )
        return outcome_of(answer) if isinstance(answer, http.Answer) else answer


def content(letter: Letter, now: datetime) -> dict[str, Any]:
    purpose = letter.facts.get("purpose", "escalation" if letter.case_id else "digest")
    told = {"alert_id": letter.alert_id, "case_id": letter.case_id, "subject": letter.subject, "text": letter.text}
    return {
        "type": f"alert.{purpose}",
        "timestamp": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "data": {**letter.facts, **told, "may_repeat": letter.may_repeat},
    }


def signed(alert_id: str, now: datetime, body: bytes, signer: Signer) -> dict[str, str]:
    return {
        "webhook-id": alert_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signer.sign(alert_id, now, body.decode()),
    }


def outcome_of(answer: http.Answer) -> Outcome:
    status, detail = answer.status, str(answer.status)
    if 200 <= status < 300:
        return Accepted(detail=detail)
    if status == 429:
        return http.throttled(answer, detail)
    if status == 503 and "Retry-After" in answer.headers:
        return RetryAfter(http.retry_after(answer.headers["Retry-After"]), Reason.PROVIDER_DEFERRED, detail)
    if status >= 500 or status == 408:
        return Ambiguous(Reason.PROVIDER_ERROR, detail)
    if status in (404, 410):
        return Permanent(Reason.INVALID_ADDRESS, detail)
    return Permanent(Reason.RECIPIENT_REFUSED, detail)
