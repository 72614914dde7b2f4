"""What counts as an answer to an alert, and what a reply must bring with it."""

import pytest

from services.notify import schemas
from services.notify.domain.reply import Yes, yes_in
from shared.errors import Rejected
from tests.harness.events import NOON

BODY = {"channel": "sms", "from": "+420601234567", "text": "1"}


@pytest.mark.parametrize(
    "text",
    ["1", " 1 ", "1.", "(1)", "»1«", "1!", "\n1\n", "１", "١", "१", "1️⃣", "ack", "ACK", "Ack.", " 'aCk!'"],
)
def test_yes_in_whatever_dress_is_an_answer(text):
    assert yes_in(text) == Yes()


@pytest.mark.parametrize("text", ["1 0f8c2d11", "ACK 0F8C2D11", "1: 0f8c-2d11.", "ack #0f8c 2d11", "１ 0f8c2d11"])
def test_answer_may_say_which_case(text):
    assert yes_in(text) == Yes("0f8c2d11")


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "?", "2", "11", "0", "no", "yes", "acknowledge", "not 1", "1 2", "10f8c2d11", "1 0f8c2d11 2"),
        *("0f8c2d11", "1 please", "1 do not call me any more", "STOP", "½", "1 ábcd", "\ud83d\ude00"),
    ],
)
def test_anything_else_is_no_answer(text):
    assert yes_in(text) is None


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"channel": "email"}, ["/channel"]),
        ({"from": "601 234 567"}, ["/from"]),
        ({"from": None, "text": 7}, ["/from", "/text"]),
        ({"text": "x" * 1601}, ["/text"]),
        ({"at": "yesterday"}, ["/at"]),
        ({"at": "2026-11-02T08:30:00"}, ["/at"]),
        ({"number": BODY["from"]}, ["/number"]),
    ],
)
def test_malformed_body_is_refused_with_each_fault_by_its_pointer(changes, pointers):
    with pytest.raises(Rejected) as refused:
        schemas.reply_from(BODY | changes)
    assert sorted(error["pointer"] for error in refused.value.errors) == pointers


@pytest.mark.parametrize("missing", BODY)
def test_all_but_the_time_is_needed(missing):
    with pytest.raises(Rejected) as refused:
        schemas.reply_from({name: value for name, value in BODY.items() if name != missing})
    assert [error["pointer"] for error in refused.value.errors] == [f"/{missing}"]
    assert schemas.reply_from(BODY).at is None
    assert schemas.reply_from(BODY | {"at": "2026-11-02T13:00:00+01:00"}).at == NOON
