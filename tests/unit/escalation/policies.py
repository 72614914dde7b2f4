"""A policy file that says everything, and small ones to be changed, for the tests of the policy; no database."""

from services.escalation.domain.conditions import NOT_ASKED, Picture
from services.escalation.domain.policy import Policy
from services.escalation.policy.policyfile import parse
from shared.contracts.event import Severity
from shared.policy.page import PolicyError

GOOD = """\
name: mine
hours:
  - {name: office, regions: [CZ, sk], timezone: Europe/Prague, holidays: CZ,
     open: {days: mon-fri, from: 08:00, to: 18:00}}
  - {name: rest, regions: "*", timezone: UTC, open: {days: daily, from: "00:00", to: "24:00"}}
  - {name: board, timezone: UTC, open: [{days: mon, from: 09:00, to: 10:00}]}
triggers:
  - {reason: severity, when: {severity: [high, critical], region: cz}}
  - {reason: severity, when: {severity: critical}}
  - {reason: asked, when: {asked: [supervisor, executive]}}
  - {reason: anger, when: {anger: 0.9, severity: medium}}
  - {reason: flagged, when: {flags: [safety, legal]}}
  - {reason: tier, when: {tier: Gold, channel: [phone, chat]}}
  - {reason: repeated, when: {contacts: 3}}
  - {reason: low_rating, when: {rating: 0.2}}
  - {reason: reopened, when: {reopenings: 2}}
  - {reason: unassigned, after: {critical: 5m, high: 30m, medium: 4h, low: 1d}}
  - {reason: declined}
  - {reason: overdue, clocks: [first_answer]}
  - {reason: overdue, clocks: [resolution]}
  - {reason: upstream_request}
  - {reason: agent_request}
clocks:
  - name: first_answer
    measures: first_answer
    within: {critical: 90s, high: 2h, medium: 8h, low: 2bd}
    hours: region
    when: {category: billing, product: none}
    warn: [50, 80]
    tell: [team_lead, supervisor, "duty:night", "person:petr.svoboda"]
    pauses: [waiting_for_customer]
  - {name: resolution, measures: resolution, within: 8w, hours: none, warn: none}
  - {name: supervisor, measures: supervisor, within: 10m, hours: office}
ladders:
  - name: placed
    when: {region: [CZ, none], severity: [high, critical]}
    start: {critical: 2}
    levels:
      - name: first
        recipients: ["duty:night", supervisor]
        respond_within: {critical: 5m, high: 10m, medium: 1h, low: 2h}
      - name: board
        recipients: ["person:petr.svoboda", manager]
        respond_within: 15m
        answer: all
        repeat: 2
        hours: board
        outside: wait
  - name: major
    when: storm
    levels: [{name: all, recipients: coordinator, respond_within: 5m}]
  - name: standard
    levels: [{name: all, recipients: manager, respond_within: 1h}]
rotas:
  - name: night
    shifts:
      - {people: [petr.svoboda, ivana.benesova], timezone: Europe/Prague, holidays: CZ, days: mon-fri,
         from: 18:00, to: 06:00, rotate: {every: 1w, since: 2026-01-05, at: 09:00}}
      - {people: petr.svoboda, timezone: Europe/Prague, days: [sat, sun], from: 00:00, to: 24:00}
follow_up: {within: {critical: 1h, high: 4h, medium: 1d, low: 3d}, remind: 75}
snooze_at_most: 12h
pause_at_most: 30d
again_after: {critical: 15m, high: 1h, medium: 1h, low: 1d}
storms:
  - {name: product, of: [product, region], more_than: 30, within: 10m, ladder: major, quiet_after: 1h,
     when: {category: defect}}
"""

LEAST = """\
name: least
triggers: [{reason: overdue}]
clocks: [{name: resolution, measures: resolution, within: 5d}]
ladders: [{name: all, levels: [{name: only, recipients: manager, respond_within: 1h}]}]
"""


def mistakes_in(document: str) -> tuple[str, ...]:
    """What is wrong with a policy; nothing if it can be used."""
    try:
        parse(document, "policy.yml")
    except PolicyError as error:
        return error.mistakes
    return ()


def changed(right: str, wrong: str, document: str = GOOD) -> Policy:
    assert right in document
    return parse(document.replace(right, wrong, 1), "policy.yml")


def a_picture(**known: object) -> Picture:
    nothing = {
        "severity": Severity.LOW,
        "asks_kind": NOT_ASKED,
        "anger": 0.0,
        "flags": frozenset(),
        "category": "billing",
        "channel": "email",
        "region": None,
        "product": None,
        "tier": None,
    }
    return Picture(**{**nothing, **known})  # type: ignore[arg-type]
