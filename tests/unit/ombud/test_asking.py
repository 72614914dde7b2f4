"""Where a service cannot say what it is asked, the one line that the operator sees says who, and where to look."""

import pytest

from ombud import testalert
from ombud.asking import Asking
from ombud.doors import Answer, Doors
from ombud.trouble import Trouble

AWAY = Answer(503, {"detail": "something that this needs is away; try again"})


class Silent(Doors):
    def __init__(self) -> None:
        super().__init__({"intake": "http://127.0.0.1:1", "notify": "http://127.0.0.1:1"}, "token")

    def _ask(self, *_: object, **__: object) -> Answer:
        return AWAY


def test_what_its_service_needs_is_looked_for_by_the_doctor() -> None:
    with pytest.raises(Trouble, match=r"intake could not say it: .*; why: ombud doctor --service intake"):
        Asking(Silent()).get("intake", "/v1/outbox")


def test_a_test_alert_that_cannot_be_sent_names_the_service() -> None:
    with pytest.raises(Trouble, match="why: ombud doctor --service notify"):
        testalert.send(Silent(), "everyone", None)
