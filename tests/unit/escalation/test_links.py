"""The signed link of an alert."""

import base64
from collections.abc import Iterator
from dataclasses import astuple, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from itsdangerous import URLSafeTimedSerializer

from shared import clock, links
from shared.links import EXPIRED, INVALID, BadLink, Claim, check, mint, required_keys
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


UUIDS = Claim(
    "11a08244-0767-5208-83cd-0e7a5fc94adf",
    "0f8c2d11-58a7-5c0e-9a3e-0d3f6a4f1c22",
    "8ac4d2e7-1c39-5f0a-b6e2-97d05b3a4471",
    3,
    "jana.nováková",
)


def of_before(keys: list[str], claim: Claim) -> str:
    """The token as it was minted when all of them were JSON."""
    return str(links._serializer(keys).dumps(list(astuple(claim))))


def test_the_link_of_an_alert_is_a_part_of_a_text_message_shorter_than_it_was() -> None:
    token = mint(["k1"], UUIDS)
    assert check(["k1"], token, WEEK) == UUIDS
    assert len(token) <= 122
    assert len(of_before(["k1"], UUIDS)) - len(token) >= 67  # a whole part of a text message, at the least


@pytest.mark.parametrize("claim", [CLAIM, UUIDS])
def test_links_of_before_are_still_good(clock_file: Path, claim: Claim) -> None:
    token = of_before(["k1"], claim)
    assert check(["k2", "k1"], token, WEEK) == claim
    assert reason_of(["k2"], token) == INVALID
    set_shift(clock_file, WEEK + timedelta(seconds=2))
    assert reason_of(["k1"], token) == EXPIRED


@pytest.mark.parametrize(
    "change",
    [
        {"alert_id": "next-6ba7b8109dad51d180b400c04fd430c8-1700000000"},
        {"escalation_id": ""},
        {"case_id": UUIDS.case_id.upper()},
        {"alert_id": UUIDS.alert_id.replace("-", "")},
        {"level": 256},
        {"level": -1},
        {"level": 255},
        {"level": 0},
        {"person": ""},
        {"person": "x" * 300},
    ],
)
def test_whatever_the_claim_it_is_read_as_it_was_written(change: dict[str, Any]) -> None:
    claim = replace(UUIDS, **change)
    assert check(["k1"], mint(["k1"], claim), WEEK) == claim


def test_a_short_link_that_was_changed_is_invalid() -> None:
    token = mint(["k1"], UUIDS)
    payload, at, signature = token.split(".")
    other = mint(["k1"], replace(UUIDS, person="eve")).split(".")[0]
    changed = [token[:-1], "x" + token, f"{other}.{at}.{signature}", f".{token}", f"{payload}.{signature}", payload]
    assert {reason_of(["k1"], text) for text in changed} == {INVALID}


def test_a_short_link_expires_and_is_signed_by_the_first_key(clock_file: Path) -> None:
    token = mint(["new", "old"], UUIDS)
    assert (check(["new"], token, WEEK), reason_of(["old"], token)) == (UUIDS, INVALID)
    set_shift(clock_file, WEEK + timedelta(seconds=2))
    assert reason_of(["new"], token) == EXPIRED


@pytest.mark.parametrize("packed", [b"", b"x" * 48, b"x" * 49 + b"\xff\xfe", b"!"])
def test_a_signed_short_text_of_another_form_is_invalid(packed: bytes) -> None:
    encoded = base64.urlsafe_b64encode(packed).rstrip(b"=") if packed != b"!" else packed
    assert reason_of(["k1"], links._signer(["k1"]).sign(encoded).decode()) == INVALID


@pytest.mark.parametrize(
    ("keys", "said"),
    [((), "is empty"), ((" ", ""), "is empty"), (("key", " "), "an empty key"), (("", "key"), "an empty key")],
)
def test_blank_keys_sign_nothing(keys: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        required_keys(keys)
