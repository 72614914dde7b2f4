"""A host that fails or hangs is held away, and takes few senders: the letters to other hosts do not wait for it."""

import pytest

from services.notify.channels import hosts
from services.notify.channels.breaker import FAULTS, PROBE_AFTER
from services.notify.channels.hosts import APART, AT_ONCE, BUSY_FOR, LONGEST_TURN, Hosts, host_of
from services.notify.domain.alert import ChannelName
from services.notify.domain.outcomes import Accepted, Outcome, Reason, RetryAfter
from tests.harness.events import NOON
from tests.unit.notify.providers import AWAY, LOST, REFUSED, THROTTLED, Hands, Held, Played, a_letter

DEAD, SOUND = "https://dead.example/hook/ann", "https://sound.example/hook/bob"


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def played() -> Played:
    return Played()


@pytest.fixture
def channel(clock: Hands, played: Played) -> Hosts:
    return Hosts(ChannelName.WEBHOOK, played, clock=clock)


def send(channel: Hosts, address: str, times: int = 1) -> Outcome:
    return [channel.send(a_letter(address), lambda: None) for _ in range(times)][-1]


def test_host_that_failed_five_times_is_left_alone_and_the_others_are_not(channel: Hosts, played: Played):
    played.answer = AWAY
    send(channel, DEAD, FAULTS)
    played.answer = Accepted()
    outcome = send(channel, DEAD)
    assert isinstance(outcome, RetryAfter) and outcome.reason is Reason.PROVIDER_AWAY
    assert PROBE_AFTER <= outcome.seconds <= PROBE_AFTER + 1
    assert send(channel, SOUND) == Accepted()
    assert [letter.address for letter in played.letters] == [DEAD] * FAULTS + [SOUND]


def test_four_failures_or_a_refusal_between_leave_it_as_it_is(channel: Hosts, played: Played):
    for answer in [AWAY] * 4 + [REFUSED] + [LOST] * 4:
        played.answer = answer
        assert send(channel, DEAD) == answer
    played.answer = Accepted()
    assert send(channel, DEAD) == Accepted()


def test_host_is_tried_again_and_comes_back(channel: Hosts, played: Played, clock: Hands):
    played.answer = AWAY
    send(channel, DEAD, FAULTS)
    clock.at += PROBE_AFTER
    played.answer = Accepted()
    assert send(channel, DEAD, 2) == Accepted()


def test_pause_that_one_host_asks_for_is_its_own(channel: Hosts, played: Played):
    played.answer = THROTTLED
    assert send(channel, DEAD) == THROTTLED
    assert isinstance(outcome := send(channel, DEAD), RetryAfter)
    assert THROTTLED.seconds <= outcome.seconds <= THROTTLED.seconds + 1
    played.answer = Accepted()
    assert send(channel, SOUND) == Accepted()


def test_no_more_than_six_letters_hang_at_one_host(channel: Hosts, played: Played):
    held = Held(played)
    held.send(6, lambda: send(channel, DEAD))
    played.before_answer = lambda: None
    assert isinstance(outcome := send(channel, DEAD), RetryAfter)
    assert outcome.reason is Reason.PROVIDER_THROTTLED
    assert send(channel, SOUND) == Accepted("id-1")
    held.let_go()
    assert send(channel, DEAD) == Accepted("id-1")


def test_those_who_find_a_host_busy_come_again_one_after_the_other(channel: Hosts, played: Played, clock: Hands):
    held = Held(played)
    held.send(AT_ONCE, lambda: send(channel, DEAD))
    pauses = [outcome.seconds for _ in range(400) if isinstance(outcome := send(channel, DEAD), RetryAfter)]
    assert pauses[:3] == pytest.approx([BUSY_FOR + APART, BUSY_FOR + 2 * APART, BUSY_FOR + 3 * APART])
    assert max(pauses) == pytest.approx(BUSY_FOR + LONGEST_TURN)
    clock.at += 60
    assert send(channel, DEAD) == RetryAfter(pytest.approx(BUSY_FOR + APART), Reason.PROVIDER_THROTTLED)
    held.let_go()


def test_hosts_with_nothing_to_remember_are_forgotten_and_the_others_not(
    channel: Hosts, played: Played, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hosts, "SWEPT_AT", 3)
    played.answer = AWAY
    send(channel, DEAD, FAULTS)
    played.answer = Accepted()
    for number in range(10):
        send(channel, f"https://sound-{number}.example/hook")
    assert len(channel._hosts) <= 3
    assert isinstance(send(channel, DEAD), RetryAfter)


def test_faults_of_a_host_that_is_not_yet_held_away_are_not_forgotten(
    channel: Hosts, played: Played, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(hosts, "SWEPT_AT", 3)
    played.answer = AWAY
    send(channel, DEAD, FAULTS - 1)
    played.answer = Accepted()
    for number in range(10):
        send(channel, f"https://sound-{number}.example/hook")
    played.answer = AWAY
    assert send(channel, DEAD) == AWAY
    assert isinstance(send(channel, DEAD), RetryAfter)


def test_host_at_which_letters_hang_is_not_forgotten(channel: Hosts, played: Played, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hosts, "SWEPT_AT", 3)
    held = Held(played)
    held.send(AT_ONCE, lambda: send(channel, DEAD))
    played.before_answer = lambda: None
    for number in range(10):
        send(channel, f"https://sound-{number}.example/hook")
    assert isinstance(send(channel, DEAD), RetryAfter)
    held.let_go()


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("https://a.example/x", "https://a.example/y?z=1", True),
        ("https://a.example/x", "https://A.Example/x", True),
        ("https://user:word@a.example/x", "https://a.example/x", True),
        ("https://a.example/x", "https://b.example/x", False),
        ("https://a.example:8443/x", "https://a.example/x", False),
        ("discord://id/token", "tgram://id/token", False),
    ],
)
def test_what_shares_a_fate(one: str, other: str, is_same: bool):
    assert (host_of(one) == host_of(other)) is is_same


def test_rest_of_the_protocol_is_passed_on(channel: Hosts, played: Played):
    played.found = Accepted("id-7")
    assert channel.look_up(a_letter(), NOON) == Accepted("id-7")
    send(channel, SOUND)
    channel.close()
    assert played.letters == []
