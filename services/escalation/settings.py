"""Settings of escalation, read once at start."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from environs import Env

from shared.settings import CommonSettings, common, link_age

SHIPPED_POLICY = Path(__file__).parent / "policy.yml"


@dataclass(frozen=True)
class Settings:
    """link_max_age: how long the link of an alert can be used."""

    common: CommonSettings
    policy: Path
    link_max_age: timedelta


def read(env: Env | None = None) -> Settings:
    env = env or Env(prefix="OMBUD_")
    policy = env.str("ESCALATION_POLICY", "")
    return Settings(
        common=common(env, "escalation"),
        policy=Path(policy) if policy else SHIPPED_POLICY,
        link_max_age=link_age(env),
    )
