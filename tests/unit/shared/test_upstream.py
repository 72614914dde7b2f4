"""What is said of a message of another system that cannot be read: who sent it, and what is wrong with its form."""

import json
from typing import Any

import pytest

from services.intake.upstream import decode
from shared.messaging import failures
from shared.messaging.envelope import Message, Undecodable
from shared.messaging.failures import Failure

STRUCTURED = "application/cloudevents+json"
DATA = {"source": "webshop", "external_id": "A-1"}  # no text


def put_aside(body: Any, headers: dict[str, Any] | None = None, content_type: str = "application/json") -> Failure:
    message = Message("complaint.submitted", headers or {}, json.dumps(body).encode(), content_type)
    with pytest.raises(Undecodable) as refused:
        decode(message)
    return failures.undecodable("intake.upstream", message, refused.value)


@pytest.mark.parametrize(
    ("letter", "source"),
    [
        (put_aside(DATA), "webshop"),
        (put_aside(DATA, {"ce-source": "till"}), "till"),
        (put_aside(DATA, {"cloudEvents:source": "till"}), "till"),
        (put_aside({"source": "till", "type": "complaint.submitted", "data": DATA}, content_type=STRUCTURED), "till"),
        (put_aside({"source": 7}), "unknown"),
        (put_aside("hello"), "unknown"),
        (put_aside([DATA]), "unknown"),
    ],
)
def test_a_dead_letter_names_who_sent_it_wherever_the_message_says_so(letter: Failure, source: str) -> None:
    assert letter.source == source


def test_data_that_is_no_object_is_called_so() -> None:
    assert put_aside("hello").error == "/: Not an object."


def named(body: bytes, subject: str, **headers: str) -> str:
    """The id of a message in binary mode that has none of its own."""
    attributes = {"ce-source": "webshop", "ce-type": "complaint.submitted", "ce-subject": subject}
    return decode(Message("", attributes | headers, body)).id


def test_messages_without_an_id_are_copies_only_if_they_are_about_the_same_complaint() -> None:
    body = b'{"text": "Still waiting"}'
    assert named(body, "A-1") == named(body, "A-1")
    assert len({named(body, "A-1"), named(body, "A-2"), named(body, "A-1", **{"ce-source": "till"})}) == 3
