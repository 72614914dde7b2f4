"""Who is alerted at a level."""

import pytest

from services.escalation.domain.ladder import Role, recipients_at, stronger_ask
from tests.unit.escalation.builders import EVERYBODY, a_level


@pytest.mark.parametrize(
    ("role", "region", "language", "recipients"),
    [
        (Role.SUPERVISOR, "CZ", "cs", ("anna",)),
        (Role.SUPERVISOR, "CZ", "en", ("anna", "ben")),
        (Role.SUPERVISOR, "CZ", "zh", ("anna", "ben")),
        (Role.SUPERVISOR, "GB", "cs", ("ben",)),
        (Role.SUPERVISOR, "GR", "el", ()),
        (Role.SUPERVISOR, None, "cs", ("anna",)),
        (Role.COORDINATOR, "CZ", "cs", ("caro",)),
        (Role.MANAGER, "GR", "el", ("dora",)),
        (Role.MANAGER, None, "und", ("dora",)),
    ],
)
def test_recipients_have_the_role_and_the_region_and_speak_the_language_if_anybody_does(
    role: Role, region: str | None, language: str, recipients: tuple[str, ...]
) -> None:
    assert recipients_at(a_level(role), EVERYBODY, region, language) == recipients


@pytest.mark.parametrize(
    ("one", "other", "stronger"),
    [
        ("none", "none", "none"),
        ("none", "human", "human"),
        ("human", "supervisor", "supervisor"),
        ("executive", "supervisor", "supervisor"),
        ("none", "something new", "something new"),
    ],
)
def test_the_stronger_ask_counts_in_either_order(one: str, other: str, stronger: str) -> None:
    assert stronger_ask(one, other) == stronger_ask(other, one) == stronger
