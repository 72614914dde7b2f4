"""What Twilio tells of text messages, and what people write back by it, known by its signature. Called by service.py.

https://www.twilio.com/docs/messaging/guides/track-outbound-message-status, …/guides/webhook-request.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes
from xml.sax.saxutils import escape

import structlog
from werkzeug.wrappers import Request, Response

from services.notify.channels.twilio_errors import reason_of
from services.notify.domain.receipts import Receipt, ReceiptKind
from services.notify.domain.reply import Incoming, Reply
from shared.errors import Forbidden, NotFound, Rejected
from shared.signatures import is_from_twilio

log = structlog.get_logger()
XML = "text/xml"
_DELIVERED, _LOST = ("delivered", "read"), ("undelivered", "failed")
_CODE = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class TwilioDoors:
    """public_url: of notify, as Twilio calls it, without a slash at its end; tokens: of the accounts in use."""

    public_url: str
    tokens: tuple[str, ...] = field(default=(), repr=False)

    @property
    def are_open(self) -> bool:
        return bool(self.public_url and self.tokens)

    def receipt(self, request: Request) -> Receipt | None:
        """None for a status on the way, such as `sent`. Raises NotFound, Forbidden, Rejected."""
        form = self._form(request)
        status = form.get("MessageStatus") or form.get("SmsStatus", "")
        alert_id, sid = request.args.get("alert", ""), form.get("MessageSid", "")
        if not alert_id and not sid:
            raise Rejected("neither an alert nor a message", [{"pointer": "/MessageSid", "detail": "Missing data."}])
        if status in _DELIVERED:
            return Receipt(ReceiptKind.DELIVERED, alert_id, sid)
        code = form.get("ErrorCode", "")
        if status not in _LOST:
            return None
        if not _CODE.fullmatch(code):
            return Receipt(ReceiptKind.UNDELIVERED, alert_id, sid)
        reason, _ = reason_of(int(code))
        return Receipt(ReceiptKind.UNDELIVERED, alert_id, sid, code, reason=reason)

    def incoming(self, request: Request) -> Incoming:
        """What somebody wrote. Raises NotFound, Forbidden, Rejected."""
        form = self._form(request)
        id_, number = form.get("MessageSid") or form.get("SmsMessageSid", ""), form.get("From", "")
        if not id_ or not number:
            missing = "From" if id_ else "MessageSid"
            raise Rejected("no incoming message", [{"pointer": f"/{missing}", "detail": "Missing data."}])
        # A word of the account's own, in whatever language; Twilio has answered it already.
        said = form.get("OptOutType", "")
        return Incoming(id_[:100], Reply(number, said or form.get("Body", "")), is_answered=bool(said))

    def _form(self, request: Request) -> dict[str, str]:
        if not self.are_open:
            raise NotFound("not set up: it needs OMBUD_NOTIFY_PUBLIC_URL, and Twilio in OMBUD_SMS_URL")
        query = request.query_string.decode("ascii", "replace")
        url = self.public_url + request.path + (f"?{query}" if query else "")
        fields = _fields(request.get_data())
        if not is_from_twilio(request.headers.get("X-Twilio-Signature", ""), url, fields, self.tokens):
            log.warning("twilio_signature_wrong", path=request.path)
            raise Forbidden("the signature is missing, or not of the account and address that are set up here")
        return {name.decode("utf-8", "replace"): value.decode("utf-8", "replace") for name, value in reversed(fields)}


def twiml(sentence: str) -> Response:
    """An answer that Twilio sends as a text message; none for an empty one."""
    message = f"<Message>{escape(sentence)}</Message>" if sentence else ""
    body = f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>'
    return Response(body, content_type=f"{XML}; charset=utf-8")


def _fields(body: bytes) -> list[tuple[bytes, bytes]]:
    """The pairs of a form, in their order."""
    pairs = (pair.replace(b"+", b" ").partition(b"=") for pair in body.split(b"&") if pair)
    return [(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pairs]
