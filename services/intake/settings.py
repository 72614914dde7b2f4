"""Settings of intake, read once at start."""

import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from environs import Env

from services.intake import limits
from services.intake.limits import Limits
from shared.settings import CommonSettings, WrongSettings, common

MOST_DAYS = 3650
MOST_NAMES, LONGEST_NAME = 50, 100


@dataclass(frozen=True)
class Settings:
    common: CommonSettings
    rules_dir: Path | None
    sources: Path | None
    limits: Limits
    source_names: tuple[str, ...] = ()
    quarantine_kept_for: timedelta = timedelta(days=30)


def read(env: Env | None = None) -> Settings:
    env = env or Env(prefix="OMBUD_")
    rules = env.str("INTAKE_RULES", "")
    sources = env.str("SOURCES", "")
    rates = limits.parse(env.str("SOURCE_RATE", "200/2000"))
    days = env.float("QUARANTINE_DAYS", 30.0)
    if not 0 < days <= MOST_DAYS:
        raise WrongSettings(f"OMBUD_QUARANTINE_DAYS is {days}: it must be above 0 and at most {MOST_DAYS}")
    return Settings(
        common=common(env, "intake"),
        rules_dir=Path(rules) if rules else None,
        sources=Path(sources) if sources else None,
        limits=rates,
        source_names=_source_names(env.str("SOURCE_NAMES", "")),
        quarantine_kept_for=timedelta(days=days),
    )


def _source_names(text: str) -> tuple[str, ...]:
    """Names of the field `source` that are counted each by itself: few, as each is a series for ever."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if len(names) > MOST_NAMES or any(len(name) > LONGEST_NAME for name in names):
        limits_ = f"at most {MOST_NAMES}, each of at most {LONGEST_NAME} characters"
        raise WrongSettings(f"OMBUD_SOURCE_NAMES has {len(names)} names: {limits_}")
    return names


def secret_env(name: str) -> str | None:
    """A secret that the sources file names; read at start."""
    return os.environ.get(name)
