"""What no service could start with, or would start with and reach nobody, is refused at the start, by its name."""

from datetime import timedelta

import pytest
from environs import Env

from services.escalation import settings
from shared.database import WrongUrl, checked_url
from shared.settings import WrongSettings
from shared.tokens import TokenBook, digest
from tests.unit.ombud.doctor.test_settings import USABLE


def read(**otherwise: str) -> settings.Settings:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (USABLE | otherwise).items():
            patch.setenv(name, value)
        return settings.read(Env(prefix="OMBUD_"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OMBUD_PORT", "0"),
        ("OMBUD_PORT", "-1"),
        ("OMBUD_OPS_PORT", "65536"),
        ("OMBUD_PORT_OFFSET", "60000"),
        ("OMBUD_HOST", ""),
        ("OMBUD_HOST", "127.0.0.1\n"),
        ("OMBUD_HOST", "127.0.0.1:80"),
        ("OMBUD_PUBLIC_URL", ""),
        ("OMBUD_PUBLIC_URL", "ombud.example"),
        ("OMBUD_PUBLIC_URL", "'https://ombud.example'"),
        ("OMBUD_PUBLIC_URL", "https://ombud.example\n"),
        ("OMBUD_PUBLIC_URL", "https://ombud.example:port"),
        ("OMBUD_LINK_MAX_AGE_HOURS", "0"),
        ("OMBUD_LINK_MAX_AGE_HOURS", "99999999999"),
        ("OMBUD_AMQP_URI", " amqp://user:geheim@host/"),
        ("OMBUD_AMQP_URI", "amqp://user:geheim@host/vhost\n"),
    ],
)
def test_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(WrongSettings, match=name) as refused:
        read(**{name: value})
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "kept"), [("https://ombud.example/a/", "https://ombud.example/a"), ("http://h", "http://h")]
)
def test_a_public_url_loses_its_last_slash(value: str, kept: str) -> None:
    assert read(OMBUD_PUBLIC_URL=value).common.public_url == kept


def test_an_age_of_links_is_in_hours() -> None:
    assert read(OMBUD_LINK_MAX_AGE_HOURS="0.5").link_max_age == timedelta(minutes=30)


def test_the_line_break_of_a_file_is_no_part_of_a_token() -> None:
    assert read(OMBUD_API_TOKEN="token\n").common.api_token == "token"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite://", "name a file"),
        ("sqlite:///:memory:", "name a file"),
        ("sqlite:///file\n", "line break"),
        ("postgresql+psycopg2://u:geheim@h:99999/d", "port is 99999"),
        ("postgresql+psycopg2://u:geheim@h/d?nosuch=1", "nosuch"),
        ("postgresql+psycopg2://u:geheim@h/d?sslmode=foo", "sslmode is one of disable"),
    ],
)
def test_a_database_that_would_fail_at_every_connection_is_refused(url: str, said: str) -> None:
    with pytest.raises(WrongUrl, match=said) as refused:
        checked_url(url)
    assert "geheim" not in str(refused.value)


def test_what_psycopg_knows_may_be_said() -> None:
    assert checked_url("postgresql+psycopg2://u@h/d?sslmode=verify-full&sslrootcert=/ca.pem").query


def test_a_hash_in_capitals_is_the_same() -> None:
    assert TokenBook.parse(f"jana:person:{digest('token').upper()}").find("token")


@pytest.mark.parametrize("hashed", ["g" * 64, "a" * 63])
def test_what_is_no_hash_is_refused(hashed: str) -> None:
    with pytest.raises(ValueError, match="OMBUD_API_TOKENS"):
        TokenBook.parse(f"jana:person:{hashed}")
