"""The signed link of an alert."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from itsdangerous import URLSafeTimedSerializer

from shared import clock, links
from shared.links import EXPIRED, INVALID, BadLink, Claim, check, mint
from tests.harness.clock import set_shift

CLAIM = Claim("alert-1", "case-1", "escalation-1", 2, "anna")
WEEK = timedelta(days=7)


@pytest.fixture
def clock_file(tmp_path: Path) -> Iterator[Path]:
    clock.shift_from(tmp_path / "clock")
    yield tmp_path / "clock"
    clock.shift_from(None)


def reason_of(keys: list[str], token: str) -> str:
    with pytest.raises(BadLink) as caught:
        check(keys, token, WEEK)
    return caught.value.reason


def test_a_link_says_who_was_alerted_of_what() -> None:
    token = mint(["k1"], CLAIM)
    assert check(["k1"], token, WEEK) == CLAIM
    assert links.url_of("https://ombud.example", token) == f"https://ombud.example/a/{token}"


def test_the_first_key_signs_and_all_check() -> None:
    token = mint(["new", "old"], CLAIM)
    assert check(["new"], token, WEEK) == CLAIM
    assert check(["newest", "new"], token, WEEK) == CLAIM
    assert reason_of(["old"], token) == INVALID


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "…"])
def test_what_is_no_link_is_invalid(token: str) -> None:
    assert reason_of(["k1"], token) == INVALID


def test_a_link_that_was_changed_is_invalid() -> None:
    token = mint(["k1"], CLAIM)
    assert reason_of(["k1"], token[:-1]) == reason_of(["k1"], "x" + token) == INVALID


@pytest.mark.parametrize("payload", [{}, [], "text", ["a", "b", "c", "no number", "e"], ["a"] * 6])
def test_a_signed_text_of_another_form_is_invalid(payload: object) -> None:
    assert reason_of(["k1"], links._serializer(["k1"]).dumps(payload)) == INVALID


def test_a_token_signed_for_another_purpose_is_invalid() -> None:
    assert reason_of(["k1"], str(URLSafeTimedSerializer("k1", salt="other").dumps(["a", "b", "c", 1, "e"]))) == INVALID


@pytest.mark.parametrize(
    ("age", "is_good"),
    [
        (WEEK - timedelta(minutes=1), True),
        (WEEK + timedelta(seconds=2), False),
    ],
)
def test_a_link_expires(clock_file: Path, age: timedelta, is_good: bool) -> None:
    token = mint(["k1"], CLAIM)
    set_shift(clock_file, age)
    if is_good:
        assert check(["k1"], token, WEEK) == CLAIM
    else:
        assert reason_of(["k1"], token) == EXPIRED


def test_a_link_from_a_machine_whose_clock_runs_ahead_is_good(clock_file: Path) -> None:
    set_shift(clock_file, timedelta(seconds=30))
    token = mint(["k1"], CLAIM)
    set_shift(clock_file, timedelta(0))
    assert check(["k1"], token, WEEK) == CLAIM


@pytest.mark.parametrize("keys", [[], [""], ["k1", ""]])
def test_without_keys_it_says_what_to_set(keys: list[str]) -> None:
    for use in (lambda: mint(keys, CLAIM), lambda: check(keys, "x", WEEK)):
        with pytest.raises(ValueError, match="OMBUD_LINK_KEYS"):
            use()
