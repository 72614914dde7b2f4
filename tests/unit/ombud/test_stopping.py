"""`ombud run` lets its services end by themselves, however long the sends under way take."""

from ombud.run.stack import STOPPED_WITHIN
from services.notify.provider import STOP_WITHIN

THE_REST = 10.0  # seconds: confirms of the broker, outcomes to write


def test_notify_is_not_killed_over_the_letters_that_it_waits_for() -> None:
    assert STOPPED_WITHIN >= STOP_WITHIN + THE_REST
