"""What intake makes of a time that cannot be right: the complaint counts, not the date beside it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.intake import schemas
from services.intake.domain.complaint import Step, Submission
from shared import clock
from shared.errors import Rejected

COMPLAINT = {"source": "web", "external_id": "1", "text": "It leaks."}
DAY = timedelta(days=1)


def received_at(text: Any) -> datetime | None:
    submission = schemas.upstream("complaint.submitted", COMPLAINT | {"received_at": text})
    assert isinstance(submission, Submission)
    return submission.received_at


@pytest.mark.parametrize(
    "text",
    [
        None,
        "0001-01-01T00:00:00",  # .NET, DateTime
        "0001-01-01T00:00:00+00:00",  # .NET, DateTimeOffset
        "0001-01-01T00:00:00+02:00",  # before the first day that there is in UTC
        "9999-12-31T23:59:59.9999999",
        "9999-12-31T23:59:59-05:00",
        "0000-00-00 00:00:00",  # MySQL
        "1601-01-01T00:00:00Z",  # Windows
        "1900-01-01T00:00:00+01:00",  # SQL Server
        "1970-01-01T00:00:00Z",  # Unix
        "1969-12-31T19:00:00-05:00",  # the same, in New York
        "2999-01-01T00:00:00Z",
    ],
)
def test_a_time_that_cannot_be_right_is_as_none_and_loses_no_complaint(text: str | None) -> None:
    assert received_at(text) is None
    step = schemas.upstream("complaint.resolved", {"source": "web", "external_id": "1", "at": text})
    assert isinstance(step, Step) and step.at is None


@pytest.mark.parametrize(
    ("after_now", "is_believed"), [(-DAY, True), (DAY - timedelta(hours=1), True), (DAY + timedelta(hours=1), False)]
)
def test_clocks_may_be_ahead_by_a_day(after_now: timedelta, is_believed: bool) -> None:
    at = clock.now() + after_now
    assert received_at(at.isoformat()) == (at if is_believed else None)


def test_the_first_day_that_is_believed() -> None:
    assert received_at("1970-01-02T00:00:00Z") == datetime(1970, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "second"), [("2026-11-02t12:00:01z", 1), ("2016-12-31T23:59:60Z", 59), ("2017-01-01 00:59:60.5+01:00", 59)]
)
def test_small_letters_and_leap_seconds_are_rfc_3339(text: str, second: int) -> None:
    instant = received_at(text)
    assert instant is not None and instant.second == second


@pytest.mark.parametrize("empty", [None, "", " "])
def test_what_stands_empty_is_as_not_given(empty: str | None) -> None:
    lines: dict[str, Any] = dict.fromkeys(("channel", "subject", "product", "contact_id"), empty)
    given = schemas.upstream("complaint.submitted", COMPLAINT | lines | {"tags": None, "customer": None})
    assert given == schemas.upstream("complaint.submitted", COMPLAINT)


def test_an_unknown_type_is_named_where_it_stands_beside_those_that_are_known_and_not_at_any_length() -> None:
    with pytest.raises(Rejected) as refused:
        schemas.upstream("T" * 200_000, COMPLAINT, "/1/data")
    (fault,) = refused.value.errors
    assert fault["pointer"] == "/1/type"
    assert fault["detail"].startswith("'TTT") and "complaint.submitted, complaint.contacted" in fault["detail"]
    assert len(refused.value.detail) + len(fault["detail"]) < 400


@pytest.mark.parametrize("text", ["yesterday", "2026-11-02T12:00:00", 7, "", "2026-13-01T00:00:00Z"])
def test_what_is_no_time_is_refused_by_its_path(text: Any) -> None:
    with pytest.raises(Rejected) as refused:
        received_at(text)
    assert refused.value.errors == [{"pointer": "/received_at", "detail": "not an RFC 3339 time with an offset"}]
