"""Policies of escalation for whole systems in tests."""

from pathlib import Path

import yaml

from services.escalation.settings import SHIPPED_POLICY


def without_storms(folder: Path) -> dict[str, str]:
    """The setting for the shipped policy without its storms: complaints alike would speak through one case."""
    content = yaml.safe_load(SHIPPED_POLICY.read_text(encoding="utf-8"))
    named = {storm["ladder"] for storm in content.pop("storms")}
    content["ladders"] = [ladder for ladder in content["ladders"] if ladder["name"] not in named]
    file = folder / "without-storms.yml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return {"OMBUD_ESCALATION_POLICY": str(file)}
