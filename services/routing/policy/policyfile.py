"""Reads the policy as it is written into the Policy that decides; every mistake is named as file:line.

Used by policybook.py, from which the service has its policy, and by `ombud policy`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.routing.domain.covering import covers, fits_everything
from services.routing.domain.needs import Wanted
from services.routing.domain.policy import BusinessHours, Policy, Relaxation, Rule
from services.routing.policy.policy_schemas import PolicyForm, RuleForm
from shared.contracts.event import Severity
from shared.policy.covering import unreachable
from shared.policy.hours import HoursForm, calendar_of, look_at_hours
from shared.policy.page import Page, read_document, version_of

WEIGHT = dict.fromkeys(Severity, 1)
PRIORITY = {severity: severity.rank + 1 for severity in Severity}
ANSWER_WITHIN = {
    Severity.LOW: timedelta(days=2),
    Severity.MEDIUM: timedelta(hours=8),
    Severity.HIGH: timedelta(hours=1),
    Severity.CRITICAL: timedelta(minutes=15),
}


def read(path: Path) -> Policy:
    """The policy in the file; raises PolicyError with every mistake."""
    return parse(read_document(path), str(path))


def parse(text: str, file: str) -> Policy:
    """The policy in a text; `file` is its name in messages. Raises PolicyError with every mistake, by line."""
    page = Page.read(file, text)
    head = page.load(PolicyForm(), page.written.content, ()) or {}
    rules = page.entries(RuleForm(), "rules")
    hours = page.entries(HoursForm(), "hours")
    _look_at_rules(page, rules)
    look_at_hours(page, hours)
    page.finish()
    return _policy(head, rules, hours, version_of(text, head["name"]))


def _look_at_rules(page: Page, rules: Mapping[int, Any]) -> None:
    content = page.written.content
    listed = content.get("rules") if isinstance(content, dict) else None
    if isinstance(listed, list):
        _look_at_last_rule(page, listed, rules.get(len(listed) - 1))
    page.each_name_once("rules", {n: rule["name"] for n, rule in rules.items()})
    numbers = list(rules)
    for place, names in unreachable([(rule["name"], rule["when"]) for rule in rules.values()], covers):
        taken = ", ".join(names)
        page.note(
            ("rules", numbers[place]), f"{rules[numbers[place]]['name']} is never used: all of it goes to {taken}"
        )


def _look_at_last_rule(page: Page, listed: Sequence[Any], loaded: Mapping[str, Any] | None) -> None:
    """loaded: None if there is a mistake in it; then it is seen by its form alone."""
    if not listed:
        page.note(("rules",), "an empty list")
        return
    is_shown = isinstance(listed[-1], dict) and "when" in listed[-1]
    has_when = is_shown if loaded is None else not fits_everything(loaded["when"])
    if has_when:
        page.note(("rules", len(listed) - 1), "the last rule has no `when`, so that it catches the rest")


def _policy(head: Mapping[str, Any], rules: Mapping[int, Any], hours: Mapping[int, Any], version: str) -> Policy:
    said = {name: head[name] for name in ("score", "ageing", "spacing", "patience", "attempts") if name in head}
    return Policy(
        version=version,
        rules=tuple(_rule(entry, head["defaults"]) for entry in rules.values()),
        hours=tuple(BusinessHours(h["name"], h["regions"], calendar_of(h)) for h in hours.values()),
        **said,
    )


def _rule(entry: Mapping[str, Any], defaults: Mapping[str, Any]) -> Rule:
    """What the rule does not say is as the defaults say, key by key; its relaxations are either all its own or none."""
    wanted = replace(Wanted(), **(defaults.get("needs", {}) | entry["needs"]))
    steps = defaults.get("relax") if entry["relax"] is None else entry["relax"]
    return Rule(
        name=entry["name"],
        when=entry["when"],
        wanted=wanted,
        weight=WEIGHT | defaults.get("weight", {}) | entry["weight"],
        priority=PRIORITY | defaults.get("priority", {}) | entry["priority"],
        answer_within=ANSWER_WITHIN | defaults.get("answer_within", {}) | entry["answer_within"],
        relax=tuple(_relaxations(wanted, steps or ())),
        follow_the_sun=entry["follow_the_sun"],
    )


def _relaxations(wanted: Wanted, steps: Sequence[Mapping[str, Any]]) -> Iterator[Relaxation]:
    """Each step changes what the one before it left."""
    for step in steps:
        wanted = replace(wanted, **{name: value for name, value in step.items() if name != "after"})
        yield Relaxation(step["after"], wanted)
