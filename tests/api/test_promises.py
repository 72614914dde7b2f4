"""Nothing that the HTTP doors have promised is taken back, whatever the documents say by now."""

from copy import deepcopy
from typing import Any

import pytest

from tests.api.promises import broken, current, merged, promised


def test_every_promise_is_kept() -> None:
    assert broken(promised(), current()) == []


def test_what_is_new_is_a_promise_from_now_on() -> None:
    assert merged(promised(), current()) == promised(), "python -m tests.api.promises"


@pytest.mark.parametrize(
    ("name", "change", "fault"),
    [
        ("routing Queue", {"fields": ["waiting"]}, "routing Queue: fields complaints is gone"),
        ("routing Queue", {"needed": ["waiting"]}, "routing Queue: complaints may be missing now"),
        ("notify ContactBody", {"needed": ["email", "name"]}, "notify ContactBody: email is needed now"),
        ("notify ContactBody", {"fields": ["name"]}, "notify ContactBody: fields email is gone"),
        ("routing PUT /v1/agents/{id_}", {"answers": ["201"]}, "routing PUT /v1/agents/{id_}: answers 200 is gone"),
        ("routing GET /v1/queue", {"needed": ["limit"]}, "routing GET /v1/queue: limit is needed now"),
    ],
)
def test_a_promise_taken_back_is_named(name: str, change: dict[str, Any], fault: str) -> None:
    changed = deepcopy(current())
    changed[name] |= change
    assert fault in broken(current(), changed)
    del changed[name]
    assert broken(current(), changed) == [f"{name} is gone"]


def test_fields_that_are_added_break_nothing() -> None:
    more = deepcopy(current())
    more["notify ContactBody"]["fields"].append("mood")
    more["routing Queue"]["needed"].append("mood")
    more["routing GET /v1/moods"] = {"answers": ["200"], "bodies": [], "fields": [], "needed": []}
    assert broken(current(), more) == []
    assert broken(merged(current(), more), current()) != []
