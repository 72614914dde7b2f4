"""The body of `POST /v1/receipts`. Called by service.py."""

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from services.notify.domain.receipts import Receipt, ReceiptKind
from shared.contracts.event import Instant
from shared.loading import load

_ID = [validate.Length(min=1, max=200), validate.ContainsNoneOf("\0", error="no NUL, please")]
# What providers write behind a code often repeats the address, and whole messages.
_CODE = validate.Regexp(r"^[A-Za-z0-9._-]{0,40}\Z", error="a code without spaces, such as 5.1.1")


class ReceiptBody(Schema):
    """What became of a message after its provider took it.

    alert_id: ours, or provider_id: the provider's name for the message, as it answered when it took it. at: when it
    happened. detail: a code of the provider.
    """

    class Meta:
        unknown = RAISE

    alert_id = fields.String(load_default=None, allow_none=True, validate=_ID)
    provider_id = fields.String(load_default=None, allow_none=True, validate=_ID)
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in ReceiptKind]))
    at = Instant(load_default=None, allow_none=True)
    detail = fields.String(load_default="", validate=_CODE)

    @validates_schema
    def names_a_message(self, receipt: dict[str, Any], **_: Any) -> None:
        if not receipt["alert_id"] and not receipt["provider_id"]:
            raise ValidationError("needs alert_id or provider_id")


_RECEIPT = ReceiptBody()


def receipt_from(body: Any) -> Receipt:
    """The receipt in a body; raises Rejected with every fault by its path."""
    loaded = load(_RECEIPT, body, "the receipt cannot be used")
    kind = ReceiptKind(loaded["kind"])
    names = loaded["alert_id"] or "", loaded["provider_id"] or ""
    return Receipt(kind, *names, loaded["detail"], loaded["at"])
