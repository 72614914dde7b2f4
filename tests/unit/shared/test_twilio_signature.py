"""Twilio's signature against Twilio's own validator, both ways: what it signs is known, what it refuses is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from shared.signatures import is_from_twilio

TOKEN = "12345"
THEIRS = RequestValidator(TOKEN)
URLS = (
    "https://ombud.example/v1/twilio/status?alert=7f6d4d5e",
    "https://ombud.example:443/v1/twilio/status?alert=7f6d4d5e&b=%20",
    "https://ombud.example:8443/notify/v1/twilio/messages",
    "http://ombud.example/v1/twilio/messages",
    "https://ombud.example/%C5%99eka?q=%C5%99",
)
Pairs = list[tuple[str, str]]


class MultiDict(dict[str, Any]):
    """A form as web frameworks have it, which the validator knows how to ask."""

    def __init__(self, pairs: Pairs):
        super().__init__(pairs)
        self._pairs = pairs

    def getall(self, name: str) -> list[str]:
        return [value for each, value in self._pairs if each == name]


def ours(signature: str, url: str, pairs: Pairs, *tokens: str) -> bool:
    fields = [(name.encode(), value.encode()) for name, value in pairs]
    return is_from_twilio(signature, url, fields, tokens or (TOKEN,))


def signed(url: str, pairs: Pairs) -> str:
    return str(THEIRS.compute_signature(url, MultiDict(pairs)))


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
FORMS = st.lists(st.tuples(st.sampled_from(["Body", "From", "body", "Řeka", "MediaUrl0"]) | TEXTS, TEXTS), max_size=6)


@given(st.sampled_from(URLS), FORMS)
def test_what_twilio_signs_is_known(url: str, pairs: Pairs) -> None:
    assert ours(signed(url, pairs), url, pairs)
    assert ours(signed(url, pairs), url, pairs[::-1])


@given(st.sampled_from(URLS), FORMS, FORMS)
def test_what_twilio_would_refuse_is_refused(url: str, pairs: Pairs, others: Pairs) -> None:
    signature = signed(url, pairs)
    assert ours(signature, url, others) is bool(THEIRS.validate(url, MultiDict(others), signature))


@pytest.mark.parametrize(
    ("signed_url", "url"),
    [
        ("https://ombud.example/a?b=1", "https://ombud.example:443/a?b=1"),
        ("https://ombud.example:443/a?b=1", "https://ombud.example/a?b=1"),
        ("http://ombud.example:80/a", "http://ombud.example/a"),
        ("https://ombud.example/a", "https://ombud.example:8443/a"),
    ],
)
def test_port_may_be_written_or_not_as_with_twilios_own_validator(signed_url: str, url: str) -> None:
    signature = signed(signed_url, [("a", "b")])
    assert THEIRS.validate(url, {"a": "b"}, signature)
    assert ours(signature, url, [("a", "b")])


@pytest.mark.parametrize(
    ("signed_url", "url"),
    [
        ("https://ombud.example/a", "http://ombud.example/a"),
        ("https://ombud.example/a", "https://ombud.example/a?"),
        ("https://ombud.example/a?alert=1", "https://ombud.example/a?alert=2"),
        ("https://ombud.example:8443/a", "https://ombud.example:9443/a"),
        ("https://other.example/a", "https://ombud.example/a"),
    ],
)
def test_another_address_is_refused(signed_url: str, url: str) -> None:
    assert not ours(signed(signed_url, [("a", "b")]), url, [("a", "b")])


@pytest.mark.parametrize("given_", ["", "é", "\ud800", "a" * 10_000, signed("https://o.example/", []).lower()])
def test_strange_signatures_are_refused(given_: str) -> None:
    assert not ours(given_, "https://o.example/", [])


def test_any_of_the_tokens_will_do_and_none_is_no_token() -> None:
    signature = signed("https://o.example/", [])
    assert ours(signature, "https://o.example/", [], "other", TOKEN)
    assert not ours(signature, "https://o.example/", [], "other")
    assert not is_from_twilio(signature, "https://o.example/", [], ())


@pytest.mark.parametrize("url", ["https://[::1/a", "", "nonsense", "https://[2001:db8::1]/a"])
def test_strange_addresses_are_signed_as_they_are(url: str) -> None:
    import base64
    import hmac

    mac = base64.b64encode(hmac.new(TOKEN.encode(), url.encode(), "sha1").digest()).decode()
    assert ours(mac, url, [])
