"""The kind `mapping` and the kinds that are a preset of it; listed in kinds.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from marshmallow import Schema

from services.intake.sources import mapping
from services.intake.sources.mapping_options import MappingOptions, enrich_of, merged, plan_of, preset
from services.intake.sources.source import Account, Check, Heard, Inbound, Reply


@dataclass(frozen=True)
class Mapped:
    """A kind whose reading is written in YAML: in presets/<kind>.yml, the account's options, or both."""

    kind: str
    has_preset: bool = True
    own_check: bool = False
    needs_secret: bool = False
    takes_check: bool = True
    reply: Reply | None = None
    options: Schema = field(default_factory=MappingOptions)

    def built(self, options: Mapping[str, Any], token: str | None) -> dict[str, Any]:
        """What `said` needs; raises ValidationError when something is missing."""
        together = merged(preset(self.kind), options) if self.has_preset else dict(options)
        return {"plan": plan_of(together), "enrich": enrich_of(together, token), "check": together.get("check")}

    def check(self, inbound: Inbound, account: Account, now: datetime) -> None:
        check: Check | None = account.check or account.options["check"]
        if check is not None:
            check.verify(inbound, account, now)

    def said(self, inbound: Inbound, account: Account) -> list[Heard]:
        return mapping.said(account.options["plan"], inbound, account.options["enrich"])
