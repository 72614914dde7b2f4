"""Text messages leave with as many parts as the policy allows now, and are counted."""

from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from services.notify.channels.channel import Letter, NotOurs
from services.notify.channels.fitted_sms import FittedSms
from services.notify.domain.outcomes import Accepted, Permanent, Reason
from tests.harness.events import NOON
from tests.unit.notify.build import ScriptedChannel

LINK = "https://ombud.example/a/" + "x" * 110
LONG = Letter("a", "c", "+420601234567", f"0f8c2d11 High {'emea ' * 20}{LINK} To take it reply 1")


def paid(encoding: str) -> float:
    return REGISTRY.get_sample_value("ombud_sms_segments_total", {"encoding": encoding}) or 0.0


@pytest.fixture
def provider() -> ScriptedChannel:
    return ScriptedChannel()


def test_limit_is_the_one_that_holds_now(provider):
    most = 2
    channel = FittedSms(provider, lambda: most)
    assert channel.send(LONG, lambda: None) == Accepted("provider-1")
    most = 1
    channel.send(LONG, lambda: None)
    assert [letter.text for letter in provider.sent] == [LONG.text, f"0f8c2d11 High emea emea {LINK}"]
    assert (provider.sent[1].address, provider.sent[1].alert_id) == (LONG.address, LONG.alert_id)


def test_letter_that_the_hand_off_gives_is_fitted_too(provider):
    other = replace(LONG, text=LONG.text.replace("High", "Critical"))
    FittedSms(provider, lambda: 1).send(LONG, lambda: other)
    assert [letter.text for letter in provider.sent] == [f"0f8c2d11 Critical emea {LINK}"]


@pytest.mark.parametrize(("text", "encoding", "segments"), [(LONG.text, "gsm7", 2), ("亚太" * 60, "ucs2", 2)])
def test_parts_that_a_provider_took_are_counted(provider, text, encoding, segments):
    before = paid(encoding)
    FittedSms(provider, lambda: 6).send(replace(LONG, text=text), lambda: None)
    assert paid(encoding) - before == segments


def test_parts_of_the_letter_that_left_are_counted(provider):
    before = paid("gsm7")
    FittedSms(provider, lambda: 6).send(LONG, lambda: replace(LONG, text="short"))
    assert paid("gsm7") - before == 1


def test_parts_that_nobody_took_are_not_counted(provider):
    def not_ours() -> None:
        raise NotOurs

    before = paid("gsm7")
    provider.script[LONG.address] = [Permanent(Reason.INVALID_ADDRESS)]
    FittedSms(provider, lambda: 6).send(LONG, lambda: None)
    with pytest.raises(NotOurs):
        FittedSms(provider, lambda: 6).send(LONG, not_ours)
    assert paid("gsm7") == before


def test_lost_letter_is_asked_for_as_it_left(provider):
    asked = []
    provider.look_up = lambda letter, since: asked.append((letter.text, since))
    assert FittedSms(provider, lambda: 1).look_up(LONG, NOON) is None
    assert asked == [(f"0f8c2d11 High emea emea {LINK}", NOON)]
