"""Every mistake in the variables at once, in the words of the settings files, and never with a secret."""

import pytest

from ombud.commands import cli
from ombud.doctor import settings
from ombud.doctor.finding import Gravity
from ombud.doctor.site import Site
from shared.contracts.topology import SERVICES
from tests.architecture.test_configuration import options_of

USABLE = {"OMBUD_AMQP_URI": "amqp://u:p@h/", "OMBUD_LINK_KEYS": "key-of-ours-alone", "OMBUD_API_TOKEN": "token-of-ours"}


def found(service: str, **otherwise: str) -> list[tuple[Gravity, str]]:
    return [(f.gravity, f.text) for f in settings.look(settings.read(service, USABLE | otherwise))]


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_is_found_where_all_can_be_used(service: str) -> None:
    assert found(service) == []


def test_all_mistakes_are_found_at_once() -> None:
    service = settings.read(
        "notify",
        {
            "OMBUD_PORT": "many",
            "OMBUD_SMTP_URL": "http://user:geheim@host",
            "OMBUD_SLACK_URL": "slack",
            "OMBUD_HEARTBEAT_EVERY": "0",
            "OMBUD_SMS_REPLIES": "perhaps",
        },
    )
    named = {"AMQP_URI", "LINK_KEYS", "PORT", "SMTP_URL", "SLACK_URL", "HEARTBEAT_EVERY", "SMS_REPLIES"}
    assert service.unusable == named
    assert {name for name in named for text in service.mistakes if f"OMBUD_{name}" in text} == named
    assert len(service.mistakes) == len(named)
    assert "geheim" not in str(service.mistakes)
    assert service.settings.common.port == 8004, "the rest can be looked at all the same"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("OMBUD_DATABASE_URL", "postgresql://u:geheim@h/d", "OMBUD_DATABASE_URL is not the URL of a database"),
        ("OMBUD_API_TOKENS", "geheim", "OMBUD_API_TOKENS has an entry that is none"),
        ("OMBUD_LINK_KEYS", "", "OMBUD_LINK_KEYS is empty"),
    ],
)
def test_what_the_runner_refuses_is_found_and_not_repeated(variable: str, value: str, said: str) -> None:
    (one,) = found("escalation", **{variable: value})
    assert one[0] is Gravity.FAULT
    assert one[1].startswith(said)
    assert "geheim" not in one[1]


@pytest.mark.parametrize("variable", ["OMBUD_CLOCK_FILE", "OMBUD_FAILPOINTS"])
def test_what_is_for_tests_is_a_warning(variable: str) -> None:
    ((gravity, text),) = found("intake", **{variable: "something"})
    assert (gravity, text) == (Gravity.WARNING, f"{variable} is set, which is for tests")


def test_without_a_token_nobody_may_call() -> None:
    ((gravity, text),) = found("intake", OMBUD_API_TOKEN="")
    assert (gravity, text) == (Gravity.WARNING, "no token is set, so nobody may call")


def misspelt(*names: str) -> list[str]:
    *_, check = settings.checks(Site((), dict.fromkeys(names, "x")))
    return [finding.text for finding in check.look()]


def test_a_misspelt_variable_is_a_warning() -> None:
    assert misspelt("OMBUD_SMPT_URL", "OMBUD_LASTRESORT") == [
        "OMBUD_LASTRESORT is read by nothing",
        "OMBUD_SMPT_URL is read by nothing",
    ]


def test_what_only_commands_read_is_not_misspelt() -> None:
    assert misspelt(*(variable for variable, _ in options_of(cli))) == []


def test_a_variable_of_somebody_else_is_none() -> None:
    assert misspelt("OMBUD_SMTP_URL", "OMBUD_CACHE_DIR", "OMBUD_SHOP_PASSWORD", "HOME") == []


def test_an_empty_key_is_said_by_both_in_the_same_words() -> None:
    assert found("escalation", OMBUD_LINK_KEYS="") == found("notify", OMBUD_LINK_KEYS="")


def test_a_short_key_is_a_warning() -> None:
    ((gravity, text),) = found("notify", OMBUD_LINK_KEYS="k" * 15)
    assert gravity is Gravity.WARNING
    assert text.startswith("OMBUD_LINK_KEYS has a short key")
