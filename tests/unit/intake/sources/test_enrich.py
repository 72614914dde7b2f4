"""Fetching what a webhook only names: the operator's address, nobody's else."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from services.intake.sources.enrich import MAX_ANSWER, Enrich
from shared.errors import Rejected, TemporaryFailure
from tests.unit.intake.sources.payloads import Shelf, shelf


@pytest.fixture
def vendor() -> Iterator[Shelf]:
    with shelf() as kept:
        yield kept


def enrich(vendor: Shelf, path: str = "/t/{id}") -> Enrich:
    return Enrich(vendor.url + path, token="the-token")


def test_the_token_goes_into_its_header_and_the_value_is_quoted(vendor: Shelf) -> None:
    vendor.documents["/t/a%2F..%2Fb%3Fc%3D1%26d"] = {"found": True}
    assert enrich(vendor).fetch({"id": "a/../b?c=1&d"}) == {"found": True}
    assert vendor.asked[0][1]["authorization"] == "Bearer the-token"
    assert replace(enrich(vendor), header="X-Key", prefix="").fetch({"id": "a/../b?c=1&d"})
    assert vendor.asked[1][1]["x-key"] == "the-token" and "authorization" not in vendor.asked[1][1]


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_value_that_would_lead_elsewhere_is_refused(value: str, vendor: Shelf) -> None:
    with pytest.raises(Rejected, match="does not say the id"):
        enrich(vendor).fetch({"id": value})
    assert vendor.asked == []


@pytest.mark.parametrize(("status", "error"), [
    (404, Rejected), (410, Rejected), (400, Rejected), (302, Rejected),
    (401, TemporaryFailure), (403, TemporaryFailure), (429, TemporaryFailure), (500, TemporaryFailure),
    (503, TemporaryFailure),
])  # fmt: skip
def test_what_can_come_later_is_told_from_what_never_will(status: int, error: type[Exception], vendor: Shelf) -> None:
    vendor.documents["/t/1"] = status
    vendor.documents["/elsewhere"] = {"never": "followed"}
    with pytest.raises(error):
        enrich(vendor).fetch({"id": "1"})
    assert [path for path, _ in vendor.asked] == ["/t/1"]


def test_nobody_listening_is_for_later(vendor: Shelf) -> None:
    gone = Enrich("http://127.0.0.1:1/t/{id}")
    with pytest.raises(TemporaryFailure):
        gone.fetch({"id": "1"})


def test_what_is_too_large_or_no_json_is_refused(vendor: Shelf) -> None:
    vendor.documents |= {"/t/1": b'"' + b"x" * MAX_ANSWER + b'"', "/t/2": b"<html>"}
    for id_ in ("1", "2"):
        with pytest.raises(Rejected):
            enrich(vendor).fetch({"id": id_})


@pytest.mark.parametrize("host", ["127.0.0.2", "0.0.0.0"])
def test_a_private_address_is_refused_at_the_socket_unless_it_is_allowed(host: str, vendor: Shelf) -> None:
    vendor.documents["/t/1"] = {}
    named = replace(enrich(vendor), url=f"http://{host}:{vendor.port}/t/{{id}}")
    with pytest.raises((Rejected, TemporaryFailure)) as refused:
        named.fetch({"id": "1"})
    if host == "0.0.0.0":
        assert isinstance(refused.value, Rejected)
    assert vendor.asked == []


@pytest.mark.parametrize(("address", "may"), [
    ("10.0.0.1", False), ("192.168.1.1", False), ("172.16.5.5", False), ("169.254.169.254", False), ("::1", False),
    ("fd00::1", False), ("fe80::1%eth0", False), ("224.0.0.1", False), ("::ffff:10.0.0.1", False), ("0.0.0.0", False),
    ("100.64.0.1", False), ("93.184.216.34", True), ("2606:2800:220:1:248:1893:25c8:1946", True),
])  # fmt: skip
def test_which_addresses_may_be_reached(address: str, may: bool) -> None:
    public = Enrich("https://api.example.com/{id}")
    assert public._may_reach(address) is may
    assert replace(public, allow_private=True)._may_reach(address)


def test_this_machine_may_be_reached_where_it_is_written_out() -> None:
    assert Enrich("http://localhost:1/{id}")._may_reach("127.0.0.1")
    assert not Enrich("https://looks-harmless.example/{id}")._may_reach("127.0.0.1")


def test_all_fetches_of_a_request_share_its_time(vendor: Shelf) -> None:
    vendor.documents["/t/1"] = {}
    hasty = enrich(vendor).within(0.2)
    assert hasty.fetch({"id": "1"}) == {}
    end = time.monotonic() + 0.25
    while time.monotonic() < end:
        pass
    with pytest.raises(TemporaryFailure, match="no time left"):
        hasty.fetch({"id": "1"})
    assert len(vendor.asked) == 1
