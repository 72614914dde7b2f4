"""What `ombud forget` says of what was erased, and when it cannot know it."""

import pytest
import requests

from ombud.doors import Answer, Doors
from ombud.forget import PATIENCE, erased, said
from ombud.trouble import Trouble


class Late(Doors):
    """Takes longer than whoever asks wants to wait."""

    def __init__(self) -> None:
        super().__init__({"intake": "http://intake.example"}, "token")

    def _ask(self, *asked: object, **_: object) -> Answer:
        raise requests.ReadTimeout(f"not within {asked[3]}")


def test_one_is_said_as_well_as_many() -> None:
    assert said({"complaints": 1, "contacts": 3, "put_aside": 0}) == "erased: complaints 1, contacts 3, put aside 0"


def test_that_nothing_was_there_is_said() -> None:
    assert said({"complaints": 0, "contacts": 0}) == "nothing is known of this customer"


def test_an_erasure_that_takes_too_long_is_not_said_to_have_failed() -> None:
    with pytest.raises(
        Trouble, match="it may have forgotten the customer, or will; doing it again is harmless"
    ) as told:
        erased(Late(), {"ref": "C-1"})
    assert str(told.value.__cause__) == f"not within {PATIENCE}"
