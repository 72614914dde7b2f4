"""Settings of routing, read once at start."""

from dataclasses import dataclass
from pathlib import Path

from environs import Env

from shared.settings import CommonSettings, common

SHIPPED_POLICY = Path(__file__).parent / "policy.yml"


@dataclass(frozen=True)
class Settings:
    """policy_file: who may take what; the shipped one unless OMBUD_ROUTING_POLICY names another."""

    common: CommonSettings
    policy_file: Path


def read(env: Env | None = None) -> Settings:
    env = env or Env(prefix="OMBUD_")
    policy = env.str("ROUTING_POLICY", "")
    return Settings(common(env, "routing"), Path(policy) if policy else SHIPPED_POLICY)
