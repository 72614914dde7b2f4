"""What intake's doors make of a request: CloudEvents in headers, and what came to the wrong door."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from services.intake import doors
from services.intake.limits import Limit, Limits
from services.intake.upstream import decode
from shared.errors import Rejected
from shared.messaging.envelope import Message

LIMITS = Limits(Limit(1000, 1000), {})
BODY = {"text": "Still waiting"}


def request(body: Any, **headers: str) -> Request:
    builder = EnvironBuilder(method="POST", data=json.dumps(body), headers=headers, content_type="application/json")
    made = Request(builder.get_environ())
    made.caller = SimpleNamespace(name="shop")  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("A-1", "A-1"),
        ("A%201", "A 1"),
        ("100%25", "100%"),
        ("100%", "100%"),
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ("%E2%82", "\N{REPLACEMENT CHARACTER}"),
        ('"A \\"1\\""', 'A "1"'),
        ("A%2525", "A%25"),
    ],
)
def test_a_complaint_has_one_id_whether_its_event_comes_by_http_or_by_amqp(written: str, meant: str) -> None:
    attributes = {"ce-source": "shop", "ce-type": "complaint.submitted"}
    (by_http,) = doors.events_of(request(BODY, **attributes, **{"ce-subject": written}), LIMITS)
    by_amqp = decode(Message("", attributes | {"ce-subject": meant}, json.dumps(BODY).encode()))
    assert (by_http.event.external_id, by_http.subject) == (meant, by_amqp.subject)


def test_headers_that_are_none_of_cloudevents_stay_as_they_are() -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    (event,) = doors.events_of(request(BODY | {"source": "a%20b", "external_id": "1"}, traceparent=trace), LIMITS)
    assert (event.traceparent, event.source) == (trace, "a%20b")


def test_a_cloudevent_sent_as_a_complaint_is_told_where_to_go() -> None:
    event = {"specversion": "1.0", "id": "1", "source": "shop", "type": "complaint.submitted", "data": BODY}
    with pytest.raises(Rejected) as refused:
        doors.submission_of(request(event), LIMITS)
    assert refused.value.errors == [
        {"pointer": "/specversion", "detail": "this is a CloudEvent: those go to POST /v1/events"}
    ]


def test_a_complaint_that_says_more_than_it_must_is_a_complaint() -> None:
    body = BODY | {"source": "shop", "external_id": "1", "specversion": "1.0"}
    assert doors.submission_of(request(body), LIMITS).external_id == "1"
