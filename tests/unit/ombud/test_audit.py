"""What does not add up between the books of the services, and what is only on its way."""

from collections.abc import Iterator
from typing import Any

import pytest

from ombud.audit import REMEDIES, Look, found, lasting
from ombud.run.accounting import Mails
from tests.unit.ombud.books import summaries

PUNCTUAL = dict.fromkeys(("intake", "routing", "escalation", "notify"), 0.0)


def look(in_queues: int = 0, late: dict[str, float] | None = None, mails: Mails | None = None, **changes: Any) -> Look:
    return Look(summaries(**changes), PUNCTUAL | (late or {}), in_queues, mails)


def test_books_that_add_up_show_nothing() -> None:
    assert found(look(mails=Mails(4, 4))) == {}


@pytest.mark.parametrize(
    ("changes", "name", "count"),
    [
        ({"intake__classified": 8}, "not classified", 2),
        ({"routing__assigned": 6}, "not in routing", 1),
        ({"escalation__cases": 7}, "without a case", 3),
        ({"notify__alerts__accepted": 1, "notify__mails": 1}, "escalated without an alert", 2),
        (
            {"notify__alerts__accepted": 0, "notify__mails": 0, "escalation__exhausted": 3},
            "exhausted without an alert",
            3,
        ),
        ({"routing__plumbing__dead_letters": 2}, "dead letters", 2),
        ({"notify__unaccounted": 3}, "unaccounted alerts", 3),
        ({"escalation__audit__no_due": 1}, "auditor of escalation: no_due", 1),
        ({"late": {"notify": 60.1}}, "seconds that the oldest in the outbox of notify waits", 60),
        ({"mails": Mails(3, 3)}, "alerts not in the mailbox", 1),
        ({"mails": Mails(6, 4)}, "mails that share a Message-ID with another", 2),
    ],
)
def test_each_thing_that_does_not_add_up_is_named_with_its_number(
    changes: dict[str, Any], name: str, count: int
) -> None:
    assert found(look(**changes)) == {name: count}
    assert any(key in name for key in REMEDIES), "and with where to look"


@pytest.mark.parametrize(
    "changes",
    [
        {"escalation__cases": 7, "in_queues": 3},
        {"escalation__cases": 9, "intake__plumbing__outbox": 1},
        {"routing__assigned": 6, "routing__plumbing__retries": 1},
        {"notify__alerts__accepted": 2, "notify__alerts__pending": 1, "notify__mails": 2},
        {"notify__alerts__accepted": 2, "notify__alerts__failed": 1, "notify__mails": 2},
        {"intake__plumbing__dead_letters": 10},
        {"late": {"intake": 60.0}},
    ],
)
def test_what_is_on_its_way_or_ended_otherwise_is_no_finding(changes: dict[str, Any]) -> None:
    assert found(look(**changes)) == {}


def looks(*made: Look) -> Iterator[Look]:
    yield from made
    while True:
        yield made[-1]


def outcome(*made: Look, patience: float = 60.0) -> tuple[dict[str, int], int]:
    """What lasts, and after how many looks that was known."""
    count, source = 0, looks(*made)

    def next_look() -> Look:
        nonlocal count
        count += 1
        return next(source)

    return lasting(next_look, patience, sleep=lambda _: None), count


def test_what_is_gone_at_the_next_look_was_on_its_way() -> None:
    assert outcome(look(escalation__cases=9), look()) == ({}, 2)


def test_what_moves_from_one_place_to_another_was_on_its_way_too() -> None:
    assert outcome(look(escalation__cases=9), look(routing__assigned=6)) == ({}, 2)


def test_the_least_of_all_looks_is_what_lasts() -> None:
    left, count = outcome(
        look(escalation__cases=4), look(escalation__cases=8), look(escalation__cases=7), patience=0.05
    )
    assert left == {"without a case": 2}
    assert count > 2


def test_an_outbox_that_stands_still_lasts_though_it_is_later_at_each_look() -> None:
    left, count = outcome(*(look(late={"notify": 95.0 + second}) for second in range(3)), patience=0.05)
    assert left == {"seconds that the oldest in the outbox of notify waits": 95}
    assert count > 2


def test_without_patience_one_look_decides() -> None:
    assert outcome(look(escalation__cases=4), look(), patience=0) == ({"without a case": 6}, 1)
