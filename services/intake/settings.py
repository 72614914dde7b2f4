"""Settings of intake, read once at start."""

import os
from dataclasses import dataclass
from pathlib import Path

from environs import Env

from services.intake import limits
from services.intake.limits import Limits
from shared.settings import CommonSettings, common


@dataclass(frozen=True)
class Settings:
    common: CommonSettings
    rules_dir: Path | None
    sources: Path | None
    limits: Limits


def read(env: Env | None = None) -> Settings:
    env = env or Env(prefix="OMBUD_")
    rules = env.str("INTAKE_RULES", "")
    sources = env.str("SOURCES", "")
    rates = limits.parse(env.str("SOURCE_RATE", "200/2000"))
    return Settings(common(env, "intake"), Path(rules) if rules else None, Path(sources) if sources else None, rates)


def secret_env(name: str) -> str | None:
    """A secret that the sources file names; read at start."""
    return os.environ.get(name)
