"""What Twilio's callbacks mean, from a signed request to the receipt or the reply; signed by Twilio's own SDK."""

from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from services.notify.domain.outcomes import Reason
from services.notify.domain.receipts import Receipt, ReceiptKind
from services.notify.domain.reply import Incoming, Reply
from services.notify.doors.twilio import TwilioDoors, twiml
from shared.errors import Forbidden, NotFound, Rejected

TOKEN, PUBLIC = "to/ken", "https://ombud.example/notify"
DOORS = TwilioDoors(PUBLIC, ("older", TOKEN))
STATUS, MESSAGES = "/v1/twilio/status", "/v1/twilio/messages"
SENT = {"MessageSid": "SM1", "From": "+420601234567", "Body": "1"}


def a_request(path: str, form: dict[str, str], *, url: str = "", signature: str | None = None) -> Request:
    """As it comes to us behind a proxy, signed for the address that Twilio called."""
    if signature is None:
        signature = RequestValidator(TOKEN).compute_signature(url or PUBLIC + path, form)
    path, _, query = path.partition("?")
    builder = EnvironBuilder(
        path,
        "http://10.0.0.7:8004",
        query_string=query,
        method="POST",
        data=urlencode([*form.items(multi=True)] if isinstance(form, MultiDict) else form),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
    )
    return builder.get_request()


def status(status_: str, path: str = f"{STATUS}?alert=a-1", **form: str) -> Receipt | None:
    return DOORS.receipt(a_request(path, {"MessageSid": "SM1", "MessageStatus": status_, **form}))


@pytest.mark.parametrize("said", ["delivered", "read"])
def test_message_that_arrived_is_delivered(said: str):
    assert status(said) == Receipt(ReceiptKind.DELIVERED, "a-1", "SM1")


@pytest.mark.parametrize("said", ["undelivered", "failed"])
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("30003", Reason.UNDELIVERED),
        ("30008", Reason.UNDELIVERED),
        ("30004", Reason.RECIPIENT_REFUSED),
        ("30005", Reason.INVALID_ADDRESS),
        ("30006", Reason.INVALID_ADDRESS),
        ("30007", Reason.MESSAGE_REFUSED),
        ("30002", Reason.WRONG_SETTINGS),
        ("30010", Reason.WRONG_SETTINGS),
        ("30034", Reason.WRONG_SETTINGS),
        ("30042", Reason.WRONG_SETTINGS),
        ("21610", Reason.OPTED_OUT),
    ],
)
def test_message_that_never_will_is_undelivered_for_the_reason_of_its_code(said: str, code: str, reason: Reason):
    receipt = status(said, ErrorCode=code)
    assert receipt and (receipt.kind, receipt.detail, receipt.why) == (ReceiptKind.UNDELIVERED, code, reason)


@pytest.mark.parametrize("code", ["+420601234567 is wrong", "", "٣٠٠٠٣", "3" * 5000])
def test_code_is_kept_only_if_it_is_one(code: str):
    receipt = status("failed", ErrorCode=code)
    assert receipt and (receipt.detail, receipt.why) == ("", Reason.UNDELIVERED)


@pytest.mark.parametrize(
    "said", ["queued", "sending", "sent", "accepted", "scheduled", "canceled", "of the future", ""]
)
def test_status_on_the_way_settles_nothing(said: str):
    assert status(said) is None


def test_message_is_known_by_its_sid_where_the_alert_is_not_named():
    assert status("delivered", STATUS) == Receipt(ReceiptKind.DELIVERED, "", "SM1")
    with pytest.raises(Rejected):
        DOORS.receipt(a_request(STATUS, {"MessageStatus": "delivered"}))


def test_status_has_an_older_name_too():
    form = {"MessageSid": "SM1", "SmsStatus": "delivered"}
    assert DOORS.receipt(a_request(STATUS, form)) == Receipt(ReceiptKind.DELIVERED, "", "SM1")


def test_of_a_field_that_stands_twice_the_first_counts():
    form = MultiDict([*SENT.items(), ("Body", "2")])
    assert DOORS.incoming(a_request(MESSAGES, form)).reply.text == "1"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (SENT, Incoming("SM1", Reply("+420601234567", "1"))),
        ({"SmsMessageSid": "SM2", "From": "+1", "Body": "řeka & co"}, Incoming("SM2", Reply("+1", "řeka & co"))),
        ({"MessageSid": "SM3", "From": "+1"}, Incoming("SM3", Reply("+1", ""))),
        (SENT | {"Body": "ARRET", "OptOutType": "STOP"}, Incoming("SM1", Reply("+420601234567", "STOP"), True)),
    ],
)
def test_what_somebody_wrote_is_a_reply(form, expected):
    assert DOORS.incoming(a_request(MESSAGES, form)) == expected


@pytest.mark.parametrize("missing", ["MessageSid", "From"])
def test_message_without_its_sid_or_sender_is_refused_by_name(missing: str):
    with pytest.raises(Rejected) as refused:
        DOORS.incoming(a_request(MESSAGES, {name: value for name, value in SENT.items() if name != missing}))
    assert refused.value.errors[0]["pointer"] == f"/{missing}"


@pytest.mark.parametrize(
    "request_",
    [
        a_request(MESSAGES, SENT, signature=""),
        a_request(MESSAGES, SENT, signature="RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        a_request(MESSAGES, SENT, url="http://10.0.0.7:8004/v1/twilio/messages"),
        a_request(MESSAGES, SENT, url=PUBLIC + STATUS),
        a_request(f"{MESSAGES}?alert=2", SENT, url=f"{PUBLIC}{MESSAGES}?alert=1"),
    ],
)
def test_request_that_is_not_signed_for_its_address_is_forbidden(request_: Request):
    with pytest.raises(Forbidden):
        DOORS.incoming(request_)


@pytest.mark.parametrize("doors", [TwilioDoors("", (TOKEN,)), TwilioDoors(PUBLIC, ())])
def test_without_settings_there_are_no_doors_and_the_answer_says_what_is_missing(doors: TwilioDoors):
    assert not doors.are_open
    with pytest.raises(NotFound, match="OMBUD_NOTIFY_PUBLIC_URL"):
        doors.incoming(a_request(MESSAGES, SENT))


def test_tokens_are_not_shown():
    assert TOKEN not in repr(DOORS)


@pytest.mark.parametrize("said", ["You took <0f8c2d11> & more", "řeka", "]]>"])
def test_answer_is_a_message_whatever_is_in_it(said: str):
    answer = twiml(said)
    assert ElementTree.fromstring(answer.get_data()).findtext("Message") == said
    assert answer.content_type == "text/xml; charset=utf-8"


def test_no_answer_is_no_message():
    assert len(ElementTree.fromstring(twiml("").get_data())) == 0
