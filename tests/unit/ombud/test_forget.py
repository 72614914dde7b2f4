"""What `ombud forget` says of what was erased."""

from ombud.forget import said


def test_one_is_said_as_well_as_many() -> None:
    assert said({"complaints": 1, "contacts": 3, "put_aside": 0}) == "erased: complaints 1, contacts 3, put aside 0"


def test_that_nothing_was_there_is_said() -> None:
    assert said({"complaints": 0, "contacts": 0}) == "nothing is known of this customer"
