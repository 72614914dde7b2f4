"""Patterns of the broker's permissions fit the names that are meant, and none that only look like them."""

import re

import pytest

from shared.contracts.permissions import NOTHING, USERS, exactly
from shared.contracts.topology import SERVICES


@pytest.mark.parametrize("name", ["intake.events", "dead-letters"])
@pytest.mark.parametrize("near", ["{}x", "x{}", "{}\n{}", "{}.v2"])
def test_a_pattern_fits_its_name_and_no_longer_one(name: str, near: str) -> None:
    assert re.search(exactly([name]), name)
    assert not re.search(exactly([name]), near.format(name, name))


def test_a_dot_in_a_name_is_a_dot() -> None:
    assert not re.search(exactly(["intake.events"]), "intake-events")


@pytest.mark.parametrize("pattern", [NOTHING, exactly([])])
def test_nothing_fits_no_name(pattern: str) -> None:
    assert not any(re.search(pattern, name) for name in ("intake.events", "amq.default", "a"))


def test_no_user_of_a_service_may_make_anything_or_see_the_management() -> None:
    services = [user for user in USERS if user.name.removeprefix("ombud-") in SERVICES]
    assert len(services) == len(SERVICES)
    assert {(user.configure, user.tags) for user in services} == {(NOTHING, ())}


def test_nobody_may_administer() -> None:
    assert {tag for user in USERS for tag in user.tags} == {"monitoring"}
