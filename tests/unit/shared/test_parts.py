"""What the doors of whole lists have in common: the wish only to check, nobody twice, and nobody else held up."""

import threading
from typing import Any

import eventlet
import pytest
from marshmallow import ValidationError

from shared.errors import Rejected
from shared.parts import only_checks, read_part, refuse_twice
from tests.harness.process import PATIENCE


@pytest.mark.parametrize(("query", "wish"), [({}, False), ({"check": "false"}, False), ({"check": "true"}, True)])
def test_who_asks_for_a_check_gets_one(query: dict[str, str], wish: bool) -> None:
    assert only_checks(query) is wish


@pytest.mark.parametrize("text", ["", "yes", "1", "True"])
def test_a_wish_that_is_not_understood_stores_nothing(text: str) -> None:
    with pytest.raises(Rejected) as caught:
        only_checks({"check": text})
    assert [e["pointer"] for e in caught.value.errors] == ["/check"]


def test_whoever_stands_there_before_is_named_with_the_first_place() -> None:
    with pytest.raises(ValidationError) as caught:
        refuse_twice({"people": [{"id": "a"}, {"id": "b"}, {"id": "a"}, {"id": "a"}]}, "people", "id")
    text = "'a' stands here twice, first in /people/0"
    assert caught.value.messages == {"people": {2: {"id": [text]}, 3: {"id": [text]}}}


@pytest.mark.parametrize(
    "body",
    [None, [], "x", {}, {"people": None}, {"people": "aa"}, {"people": [1, 1, None, {}, {}, {"id": 7}, {"id": 7}]}],
)
def test_what_has_no_form_is_for_others_to_refuse(body: Any) -> None:
    refuse_twice(body, "people", "id")


def test_while_a_list_is_read_others_have_their_turn() -> None:
    went_on = threading.Event()
    eventlet.spawn(went_on.set)
    assert read_part(lambda _: went_on.wait(PATIENCE), None)


def test_what_is_wrong_with_a_list_is_raised_where_it_was_sent() -> None:
    def read(body: Any) -> None:
        raise Rejected(f"{body} are no people")

    with pytest.raises(Rejected, match="these are no people"):
        read_part(read, "these")
