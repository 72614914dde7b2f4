"""Reads notify's policy as it is written into the Policy that decides; every mistake is named as file:line.

Used by rulebook.py, from which the service has its policy, and by `ombud policy check`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.notify.domain.policy import Policy
from services.notify.policy_schemas import PolicyForm
from shared.policy.page import Page, read_document, version_of

# What the file calls otherwise than the policy.
_OURS = {"sms_segments": "segments"}


def read(path: Path) -> Policy:
    """The policy in the file; raises PolicyError with every mistake."""
    return parse(read_document(path), str(path))


def parse(text: str, file: str) -> Policy:
    """The policy in a text; `file` is its name in messages. Raises PolicyError with every mistake, by line."""
    page = Page.read(file, text)
    head = page.load(PolicyForm(), page.written.content, ()) or {}
    page.finish()
    return _policy(head, version_of(text, head["name"]))


def _policy(head: Mapping[str, Any], version: str) -> Policy:
    """What the file does not say is as in a Policy of which nothing is said."""
    said = {_OURS.get(name, name): value for name, value in head.items() if name not in ("name", "limits")}
    limits = {f"{of}_limits": found for of, found in head.get("limits", {}).items()}
    return Policy(version=version, **said, **limits)
