"""What routing is told at start."""

from collections.abc import Callable
from pathlib import Path

import pytest
from environs import Env

from services.routing import service, settings
from services.routing.policy import policyfile
from shared.policy.page import PolicyError


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Callable[..., settings.Settings]:
    def read_with(**variables: str) -> settings.Settings:
        for name, value in {"AMQP_URI": "amqp://127.0.0.1", **variables}.items():
            monkeypatch.setenv(f"OMBUD_{name}", value)
        return settings.read(Env(prefix="OMBUD_"))

    return read_with


def test_shipped_policy_is_the_default(read: Callable[..., settings.Settings]) -> None:
    made = service.make(read())
    assert made["desk"].policy == policyfile.read(settings.SHIPPED_POLICY)


def test_policy_can_be_another_file(read: Callable[..., settings.Settings], tmp_path: Path) -> None:
    (tmp_path / "mine.yml").write_text("rules: {}")
    with pytest.raises(PolicyError, match=r"mine\.yml:1: "):
        service.make(read(ROUTING_POLICY=str(tmp_path / "mine.yml")))
