"""Settings of intake, read once at start."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from environs import Env

from shared.settings import CommonSettings, WrongSettings, common

MOST_DAYS = 3650


@dataclass(frozen=True)
class Settings:
    common: CommonSettings
    rules_dir: Path | None
    quarantine_kept_for: timedelta = timedelta(days=30)


def read(env: Env | None = None) -> Settings:
    env = env or Env(prefix="OMBUD_")
    rules = env.str("INTAKE_RULES", "")
    days = env.float("QUARANTINE_DAYS", 30.0)
    if not 0 < days <= MOST_DAYS:
        raise WrongSettings(f"OMBUD_QUARANTINE_DAYS is {days}: it must be above 0 and at most {MOST_DAYS}")
    return Settings(common(env, "intake"), Path(rules) if rules else None, timedelta(days=days))
