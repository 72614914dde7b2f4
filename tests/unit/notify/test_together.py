"""Many senders, one transaction: whoever waits meanwhile is answered in the same go."""

import threading

import pytest
from sqlalchemy.exc import OperationalError

from services.notify.senders.together import Together
from tests.harness.process import PATIENCE, eventually


def test_those_who_wait_meanwhile_are_answered_in_one_go():
    entered, go_on = threading.Event(), threading.Event()
    batches = []

    def work(wishes):
        batches.append(len(wishes))
        entered.set()
        assert go_on.wait(PATIENCE)
        return [wish * 2 for wish in wishes]

    together = Together("test", work)
    answers = {}
    threads = [threading.Thread(target=lambda n=n: answers.update({n: together.ask(n)})) for n in range(9)]
    threads[0].start()
    assert entered.wait(PATIENCE)
    for thread in threads[1:]:
        thread.start()
    eventually(lambda: len(together._waiting) == 8, "the others to wait")
    go_on.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert (batches, answers) == ([1, 8], {n: n * 2 for n in range(9)})


def test_error_of_the_work_comes_to_each_who_waited():
    def work(wishes):
        raise KeyError("bug")

    with pytest.raises(KeyError):
        Together("test", work).ask(1)


def test_database_that_is_away_is_asked_again():
    faults = [OperationalError("x", {}, Exception("database is locked"))]

    def work(wishes):
        if faults:
            raise faults.pop()
        return wishes

    assert Together("test", work).ask("wish") == "wish"
