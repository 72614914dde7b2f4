"""How much a sender may send: rows for just before, exactly and just after; and a setting refused by its form."""

from typing import Any

import pytest
from environs import Env

from services.intake import limits
from services.intake.limits import Limit, Limits, TooLarge, parse
from services.intake.settings import read
from shared.errors import TooMany
from shared.settings import WrongSettings


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def with_limit(clock: Clock, rate: float, burst: int, **named: Limit) -> Limits:
    return Limits(Limit(rate, burst), {f"source:{name}": limit for name, limit in named.items()}, clock)


def send(made: Limits, number: int = 1, source: str = "web") -> None:
    made.admit_sources([(source, 1)] * number)


def test_a_burst_comes_in_at_once_and_the_next_one_waits_for_its_turn(clock: Clock) -> None:
    made = with_limit(clock, 2, 10)
    for _ in range(10):
        send(made)
    with pytest.raises(TooMany) as refused:
        send(made)
    assert refused.value.retry_after == 1
    clock.now += 0.49
    with pytest.raises(TooMany):
        send(made)
    clock.now += 0.01
    send(made)


def test_over_a_long_time_it_is_the_rate_that_comes_in(clock: Clock) -> None:
    made, taken = with_limit(clock, 5, 3), 0
    for _ in range(1000):
        clock.now += 0.01
        try:
            send(made)
            taken += 1
        except TooMany:
            pass
    assert taken in (52, 53), "ten seconds at five a second, and the burst"


def test_the_wait_that_is_told_is_enough_and_no_more(clock: Clock) -> None:
    made = with_limit(clock, 0.1, 4)
    send(made, 4)
    with pytest.raises(TooMany) as refused:
        send(made, 3)
    assert refused.value.retry_after == 30
    clock.now += 29
    with pytest.raises(TooMany):
        send(made, 3)
    clock.now += 1
    send(made, 3)


def test_a_refusal_costs_nothing(clock: Clock) -> None:
    made = with_limit(clock, 1, 2)
    send(made, 2)
    for _ in range(100):
        with pytest.raises(TooMany):
            send(made)
    clock.now += 1
    send(made)


def test_of_a_batch_all_sources_or_none(clock: Clock) -> None:
    made = with_limit(clock, 1, 100, slow=Limit(1, 1))
    send(made, 1, "slow")
    with pytest.raises(TooMany):
        made.admit_sources([("web", 1)] * 100 + [("slow", 1)])
    send(made, 100, "web")
    made.admit_sources([])


def test_a_batch_that_is_larger_than_the_burst_can_come_in_when_nothing_else_does(clock: Clock) -> None:
    made = with_limit(clock, 10, 5)
    send(made, 500)
    clock.now += 0.4
    with pytest.raises(TooMany):
        send(made, 500)
    clock.now += 0.1
    send(made, 500)


def test_a_source_that_is_called_like_a_token_has_a_bucket_of_its_own(clock: Clock) -> None:
    made = with_limit(clock, 1, 1)
    made.admit_caller("shop")
    send(made, 1, "shop")
    send(made, 1, "token:shop")
    with pytest.raises(TooMany, match="'token:shop' may send 1 messages a second and 1 at once"):
        made.admit_caller("shop")


@pytest.mark.parametrize(("size", "is_refused"), [(99, False), (100, False), (101, True)])
def test_the_size_of_a_source_is_its_own(clock: Clock, size: int, is_refused: bool) -> None:
    made = with_limit(clock, 100, 100, small=Limit(100, 100, 100))
    made.admit_sources([("web", 10**6)])
    if is_refused:
        with pytest.raises(TooLarge, match="a message of 'small' may have 100 bytes"):
            made.admit_sources([("small", size)])
    else:
        made.admit_sources([("small", size)])


def test_sources_without_number_do_not_fill_the_memory(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SWEPT_AT", 100)
    made = with_limit(clock, 10, 10)
    for n in range(5000):
        clock.now += 0.01
        send(made, 1, f"s{n}")
    assert len(made._full_at) <= 101


def test_the_setting_names_a_default_and_those_that_differ() -> None:
    made = parse("200/2000, webshop=20/100/65536, token:import=0.5/1")
    assert made.default == Limit(200, 2000)
    assert made.named == {"source:webshop": Limit(20, 100, 65536), "token:import": Limit(0.5, 1)}


@pytest.mark.parametrize(
    "text",
    ["", "200", "200/", "a/b", "200/2000/1/1", "0/1", "1/0", "-1/5", "nan/1", "inf/1", "1/1/0", "web=1/1",
     "1/1,2/2", "1/1,web=1/1,web=2/2"],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_refused_with_its_form(text: str, monkeypatch: Any) -> None:
    monkeypatch.setenv("OMBUD_AMQP_URI", "amqp://")
    monkeypatch.setenv("OMBUD_SOURCE_RATE", text)
    with pytest.raises(WrongSettings, match=r"OMBUD_SOURCE_RATE=.*RATE/BURST"):
        read(Env(prefix="OMBUD_"))
